/// One measured value: a name, the number, and where on the x axis it belongs.
public struct MonitorEvent: Sendable, Equatable {
  /// The name, with slashes between its parts, such as `Train/Samples/train_loss`.
  public var name: String
  /// The number; it may be infinite or not a number.
  public var value: Double
  /// The position on the x axis: the engine counts the samples trained so far over all ranks.
  public var step: Int

  /// A measured value.
  public init(name: String, value: Double, step: Int) {
    self.name = name
    self.value = value
    self.step = step
  }
}

/// A place that keeps the values of a run. Only rank 0 has monitors; see ``MonitorSet``.
public protocol Monitor: AnyObject {
  /// Keeps some values.
  /// - Throws: ``MonitorError`` when they cannot be written.
  func write(_ events: [MonitorEvent]) throws(MonitorError)

  /// Hands everything written so far to the operating system.
  /// - Throws: ``MonitorError``.
  func flush() throws(MonitorError)
}

/// Why a file of a monitor could not be written.
public struct MonitorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What was tried, such as `create`.
  public var action: String
  /// The operating system's words.
  public var reason: String

  /// One sentence with what failed, where, and why.
  public var description: String {
    "Cannot \(action) \(path): \(reason). Check the output_path of the monitor and the space left there."
  }
}

/// The monitors of a run, which exist on rank 0 alone.
public final class MonitorSet {
  private let monitors: [any Monitor]

  /// Makes the monitors on rank 0; other ranks get an empty set and never touch a file.
  /// - Parameters:
  ///   - rank: the global rank.
  ///   - make: makes the monitors; called on rank 0 only.
  /// - Throws: what `make` throws.
  public init(rank: Int, make: () throws -> [any Monitor]) rethrows {
    monitors = rank == 0 ? try make() : []
  }

  /// Whether anybody listens; callers may spare themselves the work of measuring where nobody does.
  public var isEnabled: Bool { !monitors.isEmpty }

  /// Gives some values to every monitor.
  /// - Throws: the first ``MonitorError``, after all monitors had their turn.
  public func write(_ events: [MonitorEvent]) throws(MonitorError) {
    try each { monitor throws(MonitorError) in try monitor.write(events) }
  }

  /// Flushes every monitor.
  /// - Throws: the first ``MonitorError``, after all monitors had their turn.
  public func flush() throws(MonitorError) {
    try each { monitor throws(MonitorError) in try monitor.flush() }
  }

  private func each(_ body: (any Monitor) throws(MonitorError) -> Void) throws(MonitorError) {
    var first: MonitorError?
    for monitor in monitors {
      do throws(MonitorError) { try body(monitor) } catch { first = first ?? error }
    }
    if let first { throw first }
  }
}
