/// What can be wrong with a module's definition or with a request to it.
public enum ModuleError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A stored property is neither a parameter, a buffer, a child nor a plain hyperparameter, so that its
  /// tensors would be lost from training and checkpoints.
  case undeclaredProperty(module: String, path: ParameterPath, property: String, type: String, remedy: String)
  /// Two different parameters, buffers or modules have one path.
  case duplicatePath(ParameterPath)
  /// Nothing in the tree has this path.
  case unknownPath(ParameterPath, nearest: String?)
  /// No parameter fits the pattern.
  case unmatchedPattern(String, nearest: String?)
  /// A module of this type cannot stand at this place.
  case unfittingModule(path: ParameterPath, type: String)
  /// A tensor has another shape than was declared.
  case wrongShape(path: ParameterPath, expected: [Int], found: [Int])
  /// A layer was called with a tensor that it cannot take.
  case wrongInput(module: String, expected: String, found: String)
  /// Dropout needs random numbers and has no generator.
  case missingGenerator

  /// One line: what, where, what was expected and what to do.
  public var description: String {
    switch self {
    case .undeclaredProperty(let module, let path, let property, let type, let remedy):
      let place = path.description.isEmpty ? module : "\(module) at '\(path)'"
      return "\(place): property '\(property)' of type \(type) cannot be followed. \(remedy)"
    case .duplicatePath(let path):
      return "two different parameters or modules are named '\(path)': give one of them another name"
    case .unknownPath(let path, let nearest):
      return "the model has nothing at '\(path)'" + Self.hint(nearest)
    case .unmatchedPattern(let pattern, let nearest):
      return "no parameter of the model fits '\(pattern)'" + Self.hint(nearest)
    case .unfittingModule(let path, let type):
      return "a \(type) cannot stand at '\(path)': it must be of the type declared there, or a subclass"
    case .wrongShape(let path, let expected, let found):
      return "'\(path)' is declared with shape \(expected) but was given a tensor of shape \(found)"
    case .wrongInput(let module, let expected, let found):
      return "\(module) expects \(expected), found \(found)"
    case .missingGenerator:
      return "dropout is training without a generator: call setGenerator(_:) on the model first"
    }
  }

  private static func hint(_ nearest: String?) -> String {
    nearest.map { "; did you mean '\($0)'?" } ?? ""
  }
}
