extension ProcessGroup {
  /// Takes down every operation from now on, or no longer.
  ///
  /// Operations go on as without a log: nothing waits for them earlier.
  ///
  /// - Parameters:
  ///   - options: what is taken down; nil ends the log and forgets it.
  ///   - show: receives each operation after its end, on this rank's thread.
  public func log(_ options: CommunicationLogOptions?, show: ((LoggedOperation) -> Void)? = nil) {
    showOperation = options == nil ? nil : show
    ledger.setLog(options, rankCount: size, keepsOperations: showOperation != nil)
  }

  /// Forgets what the log has taken down, and goes on.
  public func resetLog() { ledger.resetLog() }

  /// What the log holds, by name and size; empty without a log. Operations still under way are not in it.
  public var logEntries: [CommunicationLogEntry] { ledger.logEntries }

  /// For each of ``logEntries``, how much of its time this rank has waited for slower ones: its time less
  /// that of the rank with the least. Every rank of the group must call it; what it exchanges is not logged.
  ///
  /// - Throws: `CollectiveError`.
  public func stragglerTimes() throws(CollectiveError) -> [Duration] {
    let entries = logEntries
    let texts = entries.map { "\($0.byteCount) \($0.totalLatency / .nanoseconds(1)) \($0.name)" }
    let all = try ledger.unlogged { () throws(CollectiveError) in
      try allGather(bytes: Array(texts.joined(separator: "\n").utf8), label: "communication log")
    }
    var least: [String: Double] = [:]
    for bytes in all {
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let time = Double(parts[1]) else { continue }
        let key = "\(parts[0]) \(parts[2])"
        least[key] = Swift.min(least[key] ?? time, time)
      }
    }
    return entries.map { entry in
      let least = least["\(entry.byteCount) \(entry.name)"] ?? 0
      return .nanoseconds(Swift.max(0, entry.totalLatency / .nanoseconds(1) - least))
    }
  }

  /// Shows what has ended, on the rank's thread.
  func showEndedOperations() {
    guard let showOperation else { return }
    for operation in ledger.takeUnshown() { showOperation(operation) }
  }
}
