/// What can be wrong between a model and the weight files it is read from.
public enum WeightError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No tensor for a parameter.
  case missing(name: String, location: String, nearest: String?, missingCount: Int)
  /// Tensors that no parameter uses.
  case unexpected(names: [String], location: String, nearestParameter: String?)
  /// A tensor of another shape.
  case wrongShape(name: String, file: String, expected: [Int], found: [Int])
  /// A tensor whose elements are not numbers that a parameter can hold.
  case wrongDType(name: String, file: String, found: String)

  /// One line: the file, the tensor, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .missing(let name, let location, let nearest, let missingCount):
      let others = missingCount > 1 ? " (and \(missingCount - 1) more)" : ""
      let hint = nearest.map { "; the nearest name there is '\($0)'" } ?? ""
      return "\(location): tensor '\(name)'\(others) is missing\(hint); "
        + "check that the files belong to the model's configuration"
    case .unexpected(let names, let location, let nearestParameter):
      let shown = names.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
      let others = names.count > 3 ? " and \(names.count - 3) more" : ""
      let hint = nearestParameter.map { "; the nearest parameter is '\($0)'" } ?? ""
      return "\(location): the model has no parameter for \(shown)\(others)\(hint); "
        + "check that the files belong to the model's configuration"
    case .wrongShape(let name, let file, let expected, let found):
      return "\(file): tensor '\(name)' has shape \(found), the configuration asks for \(expected)"
    case .wrongDType(let name, let file, let found):
      return "\(file): tensor '\(name)' holds \(found) values; weights must be floating-point numbers"
    }
  }
}
