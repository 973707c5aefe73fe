public import Collectives
import Monitoring

/// What a communication log holds, for people: DeepSpeed's `log_summary`.
public struct CommunicationSummary: Sendable, Equatable {
  /// The operations of one kind and size.
  public struct Row: Sendable, Equatable {
    /// What was counted and timed.
    public let entry: CommunicationLogEntry
    /// The mean of the latest operations, without the fastest and slowest tenth, in milliseconds.
    public let meanMilliseconds: Double
    /// The part of the whole time in which this rank waited for slower ones, in milliseconds; nil when nobody
    /// asked.
    public let stragglerMilliseconds: Double?

    /// The whole time in milliseconds.
    public var totalMilliseconds: Double { entry.totalLatency / .milliseconds(1) }
    /// Gigabits a second of an operation of mean latency, as its caller sees it.
    public var algorithmBandwidth: Double {
      entry.algorithmBandwidth(latency: .milliseconds(1) * meanMilliseconds)
    }
    /// Gigabits a second of an operation of mean latency on each rank's connection.
    public var busBandwidth: Double { entry.busBandwidth(latency: .milliseconds(1) * meanMilliseconds) }
  }

  /// By kind, then by size.
  public let rows: [Row]

  /// The summary as a table.
  public func rendered() -> String {
    let showsStragglers = rows.contains { $0.stragglerMilliseconds != nil }
    var table = TextTable(
      [
        TextTable.Column("operation"), TextTable.Column("size", .right), TextTable.Column("count", .right),
        TextTable.Column("bytes", .right), TextTable.Column("in host", .right),
        TextTable.Column("between hosts", .right), TextTable.Column("total ms", .right),
        TextTable.Column("mean ms", .right),
        TextTable.Column("alg. Gbit/s", .right), TextTable.Column("bus Gbit/s", .right),
      ] + (showsStragglers ? [TextTable.Column("straggling ms", .right)] : []))
    for row in rows {
      table.append(
        [
          row.entry.name, NumberText.bytes(row.entry.byteCount), NumberText.grouped(row.entry.count),
          NumberText.bytes(row.entry.byteCount * row.entry.count),
          NumberText.bytes(row.entry.sent.withinHost), NumberText.bytes(row.entry.sent.betweenHosts),
          NumberText.fixed(row.totalMilliseconds, 2),
          NumberText.fixed(row.meanMilliseconds, 3), NumberText.fixed(row.algorithmBandwidth, 2),
          NumberText.fixed(row.busBandwidth, 2),
        ] + (row.stragglerMilliseconds.map { [NumberText.fixed($0, 2)] } ?? []))
    }
    return table.rendered()
  }
}

extension ProcessGroup {
  /// What the group's log holds (`log_summary`).
  ///
  /// - Parameter showsStragglers: also say how long this rank waited for slower ones; every rank of the group
  ///   must then call this.
  /// - Throws: `CollectiveError` when another rank failed meanwhile.
  public func logSummary(showsStragglers: Bool = false) throws(CollectiveError) -> CommunicationSummary {
    let stragglers = showsStragglers ? try stragglerTimes() : nil
    let rows = logEntries.enumerated().map { index, entry in
      CommunicationSummary.Row(
        entry: entry, meanMilliseconds: trimmedMean(entry.latencies.map { $0 / .milliseconds(1) }),
        stragglerMilliseconds: stragglers.map { $0[index] / .milliseconds(1) })
    }
    return CommunicationSummary(rows: rows)
  }
}
