/// The reader of hostfiles: one `HOST slots=N` a line, `#` starts a comment, blank lines are skipped.
public enum Hostfile {
  /// Where a hostfile is looked for when no other place is named.
  public static let defaultPath = "/job/hostfile"

  /// Reads a hostfile.
  /// - Parameter path: the file.
  /// - Returns: the pool, or nil where no such file exists (the job then runs on this machine alone).
  /// - Throws: ``LaunchError`` with file and line for a malformed, duplicate or missing entry.
  public static func read(path: String) throws(LaunchError) -> ResourcePool? {
    guard let text = try TextFile.read(path) else { return nil }
    return try parse(text, file: path)
  }

  /// Parses the text of a hostfile.
  /// - Parameters:
  ///   - text: the contents.
  ///   - file: the name used in errors.
  /// - Returns: the nodes in file order, each with slots 0 to N-1.
  /// - Throws: ``LaunchError/badLine(file:line:found:expected:)``,
  ///   ``LaunchError/duplicateHost(file:line:host:firstLine:)``, ``LaunchError/emptyHostfile(file:)``.
  public static func parse(_ text: String, file: String) throws(LaunchError) -> ResourcePool {
    var nodes: [ResourcePool.Node] = []
    var lineOfHost: [String: Int] = [:]
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let content = raw.prefix { $0 != "#" }
      let fields = content.split(whereSeparator: \.isWhitespace)
      if fields.isEmpty { continue }
      guard fields.count == 2, let count = slotCount(fields[1]) else {
        throw .badLine(
          file: file, line: index + 1, found: String(content).trimmed,
          expected: "\"HOST slots=N\" with N of 1 or more")
      }
      let host = String(fields[0])
      if let firstLine = lineOfHost[host] {
        throw .duplicateHost(file: file, line: index + 1, host: host, firstLine: firstLine)
      }
      lineOfHost[host] = index + 1
      nodes.append(ResourcePool.Node(host: host, slots: Array(0..<count)))
    }
    if nodes.isEmpty { throw .emptyHostfile(file: file) }
    return ResourcePool(nodes)
  }

  private static func slotCount(_ field: Substring) -> Int? {
    guard field.hasPrefix("slots=") else { return nil }
    let digits = field.dropFirst("slots=".count)
    guard digits.allSatisfy(\.isASCIIDigit), let count = Int(digits), (1...65_536).contains(count) else {
      return nil
    }
    return count
  }
}
