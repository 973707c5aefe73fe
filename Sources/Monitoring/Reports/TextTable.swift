/// A table as plain text, with aligned columns.
public struct TextTable: Sendable, Equatable {
  /// On which side of its column a text stands.
  public enum Alignment: Sendable { case left, right }

  /// One column.
  public struct Column: Sendable, Equatable {
    /// The text above it.
    public var title: String
    /// The side on which its texts stand.
    public var alignment: Alignment

    /// A column; numbers look best on the right.
    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// Titles and alignments, from left to right.
  public var columns: [Column]
  /// The rows; missing texts at the end of a row are empty, further ones are left out.
  public private(set) var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row.
  public mutating func append(_ row: [String]) { rows.append(row) }

  /// The table as lines: titles, a rule, rows; columns are two spaces apart.
  public func rendered() -> String {
    let cells = rows.map { row in columns.indices.map { $0 < row.count ? row[$0] : "" } }
    let widths = columns.indices.map { index in
      max(columns[index].title.count, cells.map { $0[index].count }.max() ?? 0)
    }
    func line(_ texts: [String]) -> String {
      let padded = columns.indices.map { index in
        let space = String(repeating: " ", count: widths[index] - texts[index].count)
        return columns[index].alignment == .left ? texts[index] + space : space + texts[index]
      }
      let joined = padded.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return ([line(columns.map(\.title)), rule] + cells.map(line)).joined(separator: "\n")
  }
}
