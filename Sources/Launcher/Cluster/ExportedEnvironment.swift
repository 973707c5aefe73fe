/// Which environment variables go along to other nodes.
///
/// Variables go by prefix, and those of `.deepspeed_env` files (`KEY=VALUE` lines, in the home folder and
/// then in the current one) go in any case and win. Nothing else leaves the launching machine.
public enum ExportedEnvironment {
  /// A variable goes along when its name starts with one of these.
  public static let prefixes = [
    "MLFLOW", "PYTHON", "MV2", "UCX", "NEBULA", "NCCL", "GLOO", "LD_LIBRARY", "PATH", "OMP_", "DEEPSPEED",
    "DS_",
    "CUDA_HOME", "TORCH",
  ]
  /// The variable that names the file instead of `.deepspeed_env`.
  public static let fileVariable = "DS_ENV_FILE"

  /// Prefixes of variables that only hold on the launching machine.
  private static let localPrefixes = ["DEEPSPEED_THREADS_PER_RANK", "DEEPSPEED_TERMINAL_WIDTH"]
  /// Left to the cluster where this variable says that it chooses the network itself.
  private static let clusterVariable = "AISC_JOB_NAME"
  private static let clusterChosen = ["NCCL_IB_HCA", "UCX_NET_DEVICES"]

  /// The variables that go along.
  /// - Parameters:
  ///   - environment: those of the launcher.
  ///   - currentFolder: where the second file is looked for.
  /// - Returns: names and values in alphabetical order.
  /// - Throws: ``LaunchError/badLine(file:line:found:expected:)`` for a file with another content.
  public static func variables(
    of environment: [String: String], currentFolder: String
  ) throws(LaunchError) -> [(name: String, value: String)] {
    let skipped = localPrefixes + (environment[clusterVariable] == nil ? [] : clusterChosen)
    var result = environment.filter { name, _ in
      prefixes.contains { name.hasPrefix($0) } && !skipped.contains(name) && isName(name)
    }
    let fileName = environment[fileVariable] ?? ".deepspeed_env"
    let folders = fileName.hasPrefix("/") ? [""] : [environment["HOME"], currentFolder].compactMap { $0 }
    for folder in folders {
      let path = folder.isEmpty ? fileName : "\(folder)/\(fileName)"
      guard let text = try TextFile.read(path) else { continue }
      for (name, value) in try parse(text, file: path) { result[name] = value }
    }
    return result.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
  }

  /// The `KEY=VALUE` lines of a text; values are taken as they stand, `#` lines and blank ones are skipped.
  static func parse(_ text: String, file: String) throws(LaunchError) -> [(String, String)] {
    var result: [(String, String)] = []
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = String(raw).trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let equals = line.firstIndex(of: "="), isName(String(line[..<equals])) else {
        throw .badLine(file: file, line: index + 1, found: line, expected: "KEY=VALUE")
      }
      result.append((String(line[..<equals]), String(line[line.index(after: equals)...])))
    }
    return result
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return false
    }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
  }
}
