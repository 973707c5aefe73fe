/// What became of a data file.
public struct DatasetSummary: Sendable, Equatable {
  /// The number of rows.
  public let rowCount: Int
  /// Samples of which only the beginning is learnt, because they are longer than a row.
  public let cutSampleCount: Int
  /// Samples that make no row, because no answer begins within the length of one.
  public let passedOverSampleCount: Int
}
