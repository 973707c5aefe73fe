import Glibc

/// Where a program is, by the `PATH` of the child that will run it and not that of the launcher.
enum ExecutableSearch {
  /// The path of an executable file: `name` itself when it has a slash, otherwise the first on `PATH`; nil
  /// when there is none.
  static func path(of name: String, environment: [String: String]) -> String? {
    if name.contains("/") { return isExecutable(name) ? name : nil }
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
      .split(separator: ":", omittingEmptySubsequences: false)
    return folders.lazy.map { $0.isEmpty ? "./\(name)" : "\($0)/\(name)" }.first(where: isExecutable)
  }

  private static func isExecutable(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
