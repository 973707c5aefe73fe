internal import Torch

extension Module {
  /// Every parameter of the tree once, at its first path, in definition order.
  ///
  /// - Throws: ``ModuleError`` when a property cannot be followed or two things have one path.
  public final func namedParameters() throws -> [(path: ParameterPath, parameter: Parameter)] {
    try walked().parameters
  }

  /// Every buffer of the tree once, at its first path, in definition order.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func namedBuffers() throws -> [(path: ParameterPath, buffer: Buffer)] { try walked().buffers }

  /// The further paths of shared (tied) modules, parameters and buffers, each mapped to its first path.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func aliases() throws -> [ParameterPath: ParameterPath] {
    Dictionary(try walked().aliases.map { ($0.alias, $0.path) }, uniquingKeysWith: { first, _ in first })
  }

  /// The parameter at `path`, which may be an alias.
  ///
  /// - Throws: ``ModuleError/unknownPath(_:nearest:)``.
  public final func parameter(at path: ParameterPath) throws -> Parameter {
    let first = try aliases()[path] ?? path
    let parameters = try namedParameters()
    if let found = parameters.first(where: { $0.path == first }) { return found.parameter }
    let nearest = NearestName.find(path.description, among: parameters.lazy.map(\.path.description))
    throw ModuleError.unknownPath(path, nearest: nearest)
  }

  /// The number of elements of all parameters, shared ones counted once, frozen ones included.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func parameterCount() throws -> Int {
    try namedParameters().reduce(0) { $0 + $1.parameter.elementCount }
  }

  /// Freezes every parameter whose path fits `pattern` (see ``ParameterPath/matches(_:)``), and returns how
  /// many.
  ///
  /// - Throws: ``ModuleError/unmatchedPattern(_:nearest:)`` when none fits, `TorchError`.
  @discardableResult
  public final func freeze(matching pattern: String) throws -> Int {
    try setTrainable(false, matching: pattern)
  }

  /// Lets every parameter whose path fits `pattern` be trained again, and returns how many.
  ///
  /// - Throws: ``ModuleError/unmatchedPattern(_:nearest:)`` when none fits, `TorchError`.
  @discardableResult
  public final func unfreeze(matching pattern: String) throws -> Int {
    try setTrainable(true, matching: pattern)
  }

  private func setTrainable(_ isTrainable: Bool, matching pattern: String) throws -> Int {
    let parameters = try namedParameters()
    let fitting = parameters.filter { $0.path.matches(pattern) }
    if fitting.isEmpty {
      let nearest = NearestName.find(pattern, among: parameters.lazy.map(\.path.description))
      throw ModuleError.unmatchedPattern(pattern, nearest: nearest)
    }
    for entry in fitting { try entry.parameter.setTrainable(isTrainable) }
    return fitting.count
  }

  /// Gives every parameter and buffer of the tree its values, in definition order, then lets the initializer
  /// check that nothing of its own was left over.
  ///
  /// - Throws: whatever `initializer` throws, ``ModuleError``, `TorchError`.
  public final func materialize(with initializer: any Initializer) throws {
    for (path, parameter) in try namedParameters() {
      let tensor = try initializer.tensor(for: parameter, at: path)
      guard tensor.shape == parameter.shape else {
        throw ModuleError.wrongShape(path: path, expected: parameter.shape, found: tensor.shape)
      }
      try parameter.setTensor(tensor)
    }
    for (path, buffer) in try namedBuffers() {
      try buffer.setTensor(try initializer.tensor(for: buffer, at: path))
    }
    try initializer.finish()
  }
}
