internal import CTorch

/// An operation on tensors that failed: what kind of failure, in which operation, on which operands.
public struct TorchError: Error, Sendable, CustomStringConvertible {
  /// The class of failure, taken from the C++ exception's class and never from its text.
  public enum Kind: Int32, Sendable, Hashable, CaseIterable {
    /// Memory could not be had.
    case outOfMemory = 1
    /// Operands do not fit the operation or each other: shapes, mostly.
    case shape = 2
    /// An index or a dimension out of range.
    case index = 3
    /// A value of the wrong dtype.
    case type = 4
    /// The operation does not exist for these dtypes or this device.
    case notImplemented = 5
    /// A process group, a device or a library behind libtorch failed.
    case backend = 6
    /// Something did not happen in time.
    case timeout = 7
    /// A closure of ours that libtorch called threw; `cause` is its error.
    case callback = 8
    /// A failure that none of the others describes.
    case `internal` = 9
  }

  /// The class of failure.
  public let kind: Kind
  /// The operation, by its libtorch name.
  public let op: String
  /// What happened, with the numbers.
  public let message: String
  /// The shapes of the tensors that took part, in order.
  public let shapes: [[Int]]
  /// The error of a closure that libtorch called, for `Kind.callback`.
  public let cause: (any Error)?

  /// A failure of `kind` in `op`.
  public init(
    kind: Kind, op: String, message: String, shapes: [[Int]] = [], cause: (any Error)? = nil
  ) {
    self.kind = kind
    self.op = op
    self.message = message
    self.shapes = shapes
    self.cause = cause
  }

  /// The error of this thread's last C call, which ended in `status`.
  package init(status: Int32, op: String, shapes: [[Int]] = []) {
    let cause = ct_error_take_object().map { ErrorBox.takeError(fromOwned: $0) }
    self.init(
      kind: Kind(rawValue: status) ?? .internal, op: op, message: String(cString: ct_error_message()),
      shapes: shapes, cause: cause)
  }

  /// One line: the operation, what happened, the operands' shapes.
  public var description: String {
    let operands = shapes.isEmpty ? "" : " (operands: \(shapes.map(\.description).joined(separator: ", ")))"
    let text = cause.map { "a closure threw: \($0)" } ?? message
    return "\(op): \(text)\(operands)"
  }
}
