/// The memory of every rank at the end of a run, beside what the ZeRO formula predicts.
public struct MemoryTable: Sendable, Equatable {
  /// The memory of one rank, in bytes.
  public struct Row: Sendable, Equatable {
    /// The global rank.
    public var rank: Int
    /// Model parameters held by the rank.
    public var parameters: Int
    /// Gradients held by the rank.
    public var gradients: Int
    /// Optimizer states and master weights held by the rank.
    public var optimizerStates: Int
    /// The three together by the formula of the ZeRO stage.
    public var formula: Int
    /// The largest resident memory of the process.
    public var peakResident: Int

    /// The memory of one rank.
    public init(
      rank: Int, parameters: Int, gradients: Int, optimizerStates: Int, formula: Int, peakResident: Int
    ) {
      self.rank = rank
      self.parameters = parameters
      self.gradients = gradients
      self.optimizerStates = optimizerStates
      self.formula = formula
      self.peakResident = peakResident
    }

    /// What is measured of the model's states.
    public var states: Int { parameters + gradients + optimizerStates }

    /// How far the measurement is from the formula, as a part of the formula.
    public var deviation: Double { formula == 0 ? 0 : Double(states - formula) / Double(formula) }

    /// What is in memory, as a part of the formula.
    public var shareInMemory: Double { formula == 0 ? 1 : Double(states) / Double(formula) }
  }

  /// The ZeRO stage of the run.
  public var stage: Int
  /// Whether a part of the states lies in files, which the formula counts and the measurement does not.
  public var hasStatesInFiles: Bool
  /// One row per rank.
  public var rows: [Row]

  /// A table of some ranks.
  public init(stage: Int, hasStatesInFiles: Bool = false, rows: [Row]) {
    self.stage = stage
    self.hasStatesInFiles = hasStatesInFiles
    self.rows = rows
  }

  /// The table as lines of text, ranks in order.
  public func rendered() -> String {
    var table = TextTable([
      .init("rank", .right), .init("parameters", .right), .init("gradients", .right),
      .init("optimizer", .right), .init("states", .right), .init("ZeRO-\(stage) formula", .right),
      .init(hasStatesInFiles ? "in memory" : "deviation", .right), .init("peak resident", .right),
    ])
    for row in rows.sorted(by: { $0.rank < $1.rank }) {
      table.append([
        "\(row.rank)", NumberText.bytes(row.parameters), NumberText.bytes(row.gradients),
        NumberText.bytes(row.optimizerStates), NumberText.bytes(row.states), NumberText.bytes(row.formula),
        comparison(of: row), NumberText.bytes(row.peakResident),
      ])
    }
    return table.rendered()
  }

  private func comparison(of row: Row) -> String {
    if hasStatesInFiles { return "\(NumberText.fixed(row.shareInMemory * 100, 1)) %" }
    return "\(row.deviation < 0 ? "" : "+")\(NumberText.fixed(row.deviation * 100, 2)) %"
  }
}
