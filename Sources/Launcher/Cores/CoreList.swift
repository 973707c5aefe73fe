/// Lists of core numbers as `--bind_core_list` and the kernel write them: `0,2-4,6`.
public enum CoreList {
  /// The cores of a list.
  /// - Parameters:
  ///   - text: numbers and ranges with commas between, ascending, without overlap.
  ///   - option: the name used in errors.
  /// - Returns: the core numbers, ascending.
  /// - Throws: ``LaunchError/badValue(option:found:expected:)``, saying which part is wrong and why.
  public static func parse(_ text: String, option: String = "--bind_core_list") throws(LaunchError) -> [Int] {
    var cores: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let range = try bounds(String(part).trimmed, in: text, option: option)
      if let last = cores.last, range.lowerBound <= last {
        throw .badValue(
          option: option, found: text,
          expected: "ascending cores without overlap, but \(range.lowerBound) comes after \(last)")
      }
      cores += range
    }
    return cores
  }

  /// The shortest list of some ascending cores.
  public static func text(_ cores: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for core in cores {
      if let last = ranges.last, last.upperBound + 1 == core {
        ranges[ranges.count - 1] = last.lowerBound...core
      } else {
        ranges.append(core...core)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  private static func bounds(
    _ part: String, in text: String, option: String
  ) throws(LaunchError) -> ClosedRange<Int> {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = ends.compactMap { $0.allSatisfy(\.isASCIIDigit) ? Int($0) : nil }
    guard (1...2).contains(ends.count), numbers.count == ends.count, numbers.allSatisfy({ $0 < 8192 }) else {
      throw .badValue(
        option: option, found: text,
        expected: "core numbers and ranges such as 0,2-4,6, but it has \"\(part)\"")
    }
    let (first, last) = (numbers[0], numbers[numbers.count - 1])
    if first > last || (ends.count == 2 && first == last) {
      throw .badValue(
        option: option, found: text, expected: "ranges that ascend, but it has \"\(part)\"")
    }
    return first...last
  }
}
