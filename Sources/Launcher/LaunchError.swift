/// Why a job could not be launched: what was found, where, what was expected, and what to do.
public enum LaunchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A line of a file could not be read. `expected` says what such a line looks like.
  case badLine(file: String, line: Int, found: String, expected: String)
  /// A host is listed a second time in a hostfile.
  case duplicateHost(file: String, line: Int, host: String, firstLine: Int)
  /// A hostfile is there but lists no host.
  case emptyHostfile(file: String)
  /// A file could not be read, written or created.
  case file(path: String, action: String, reason: String)
  /// The value of an option has the wrong form.
  case badValue(option: String, found: String, expected: String)
  /// An include or exclude filter names a host that the hostfile does not list.
  case unknownHost(option: String, host: String, known: [String])
  /// An include or exclude filter names a slot that its host does not have.
  case unknownSlot(option: String, host: String, slot: Int, available: [Int])
  /// Options that exclude each other were given together.
  case conflictingOptions([String], reason: String)
  /// An option is needed because of another one.
  case missingOption(option: String, reason: String)
  /// More was asked for than there is.
  case notEnough(what: String, asked: Int, available: Int, remedy: String)
  /// After all filters no slot is left to run on.
  case nothingToRunOn(reason: String)
  /// A program is not on the search path, or may not be executed.
  case programNotFound(program: String, remedy: String)
  /// The operating system refused to start a process.
  case spawnFailed(program: String, reason: String)
  /// The rendezvous port is taken by another process.
  case portInUse(port: Int, remedy: String)
  /// A remote host did not answer to ssh.
  case unreachableHost(host: String, reason: String)
  /// The command line or the environment lacks what a rank needs to know itself.
  case missingVariable(name: String, reason: String)
  /// The option is known but its feature does not exist yet.
  case notYetSupported(option: String)

  /// One or two sentences a user can act on.
  public var description: String {
    switch self {
    case .badLine(let file, let line, let found, let expected):
      "\(file):\(line): found \"\(found)\", expected \(expected)."
    case .duplicateHost(let file, let line, let host, let firstLine):
      "\(file):\(line): host \"\(host)\" is already listed in line \(firstLine). "
        + "Give each host one line with all its slots."
    case .emptyHostfile(let file):
      "\(file) lists no host. Add lines such as \"worker-0 slots=4\", or remove the file to use this machine."
    case .file(let path, let action, let reason):
      "Cannot \(action) \(path): \(reason)."
    case .badValue(let option, let found, let expected):
      "\(option): found \"\(found)\", expected \(expected)."
    case .unknownHost(let option, let host, let known):
      "\(option): host \"\(host)\" is not among the hosts of this job: \(known.joined(separator: ", "))."
    case .unknownSlot(let option, let host, let slot, let available):
      "\(option): host \"\(host)\" has no slot \(slot). Its slots are "
        + "\(available.map(String.init).joined(separator: ", "))."
    case .conflictingOptions(let options, let reason):
      "\(options.joined(separator: " and ")) cannot be combined: \(reason)."
    case .missingOption(let option, let reason):
      "\(option) is missing: \(reason)."
    case .notEnough(let what, let asked, let available, let remedy):
      "\(asked) \(what) were asked for, \(available) are available. \(remedy)."
    case .nothingToRunOn(let reason):
      "No slot is left to run on: \(reason)."
    case .programNotFound(let program, let remedy):
      "Cannot execute \"\(program)\": it is not an executable file, nor one on PATH. \(remedy)."
    case .spawnFailed(let program, let reason):
      "The operating system did not start \(program): \(reason)."
    case .portInUse(let port, let remedy):
      "Port \(port) on this machine is taken by another process. \(remedy)."
    case .unreachableHost(let host, let reason):
      "Host \"\(host)\" cannot be reached by ssh without a password: \(reason). "
        + "Set up keys (ssh-copy-id \(host)), or give --no_ssh_check to try all the same."
    case .missingVariable(let name, let reason):
      "The environment has no \(name): \(reason)."
    case .notYetSupported(let option):
      "\(option) is not yet supported by this launcher."
    }
  }
}
