import Glibc

/// The processes of this machine as `/proc` shows them.
enum ProcessTable {
  /// Whether a group has a member that runs. Members that ended but whose parent has not asked for them do
  /// not count: in containers nobody may ever ask.
  static func hasLivingMember(ofGroup group: pid_t) -> Bool {
    guard let names = Folder.entries(of: "/proc") else { return true }
    return names.contains { name in
      guard Int32(name) != nil, let fields = fields(ofProcess: name) else { return false }
      return fields.group == group && fields.state != "Z" && fields.state != "X"
    }
  }

  /// The state letter and the group of a process; nil when it is gone.
  private static func fields(ofProcess name: String) -> (state: Substring, group: pid_t)? {
    // The name of the program, in parentheses, may contain anything: the fields follow the last one.
    guard let text = try? TextFile.read("/proc/\(name)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 2, let group = pid_t(fields[2]) else { return nil }
    return (fields[0], group)
  }
}

/// The names in a folder.
enum Folder {
  /// All names, without order; nil when the folder cannot be read.
  static func entries(of path: String) -> [String]? {
    guard let stream = opendir(path) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names
  }
}
