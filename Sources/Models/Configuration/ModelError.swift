/// What can be wrong with a model's description or with what it is asked to compute.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A configuration file that cannot be read.
  case unreadable(file: String, reason: String)
  /// A key that must be there is not.
  case missingKey(file: String, key: String)
  /// A key has a value that it cannot have.
  case wrongValue(file: String, key: String, found: String, expected: String)
  /// The architecture is none of those known here.
  case unknownArchitecture(file: String, found: String, supported: [String], nearest: String?)
  /// The model has more parameters than this machine's memory holds.
  case tooLarge(parameterCount: Int, bytes: Int, memoryBytes: Int)
  /// More tokens than the model can tell apart.
  case tooManyTokens(found: Int, maximum: Int)
  /// Tokens of a shape or type that models do not take.
  case wrongTokens(found: String)

  /// One line: where, what was found, what is allowed, what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): \(reason)"
    case .missingKey(let file, let key):
      return "\(file): the key '\(key)' is missing; a model cannot be built without it"
    case .wrongValue(let file, let key, let found, let expected):
      return "\(file): '\(key)' is \(found), expected \(expected)"
    case .unknownArchitecture(let file, let found, let supported, let nearest):
      let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
      return "\(file): models of type \(found) are not known\(hint); known are "
        + supported.joined(separator: ", ")
    case .tooLarge(let parameterCount, let bytes, let memoryBytes):
      return "a model of \(parameterCount) parameters needs \(bytes) bytes, this machine has \(memoryBytes); "
        + "choose a smaller configuration"
    case .tooManyTokens(let found, let maximum):
      return "the sequence is \(found) tokens long, the model's limit is \(maximum): shorten it"
    case .wrongTokens(let found):
      return "a model takes whole numbers of shape [batch, tokens], at least one of each; found \(found)"
    }
  }
}
