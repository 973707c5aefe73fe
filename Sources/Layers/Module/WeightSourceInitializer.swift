public import Torch

/// Reads parameters from weight files, by name, and refuses files that do not fit the model.
///
/// Names and shapes are compared before the values are touched, so that a wrong folder is refused at once.
public final class WeightSourceInitializer: Initializer {
  /// What becomes of a parameter that the files do not hold.
  public enum Missing {
    /// It is an error.
    case refused
    /// Another initializer provides it.
    case filled(any Initializer)
  }

  /// The dtype of the parameters; nil keeps each tensor's stored dtype.
  public let dtype: DType?
  /// Where the parameters live.
  public let device: Device
  /// True when parameters may share pages with the file (read-only use, such as generation).
  public let sharesFilePages: Bool
  private let source: any WeightSource
  private let map: WeightMap
  private let missing: Missing
  private var usedNames: Set<String> = []
  private var paths: [String] = []

  /// Parameters from `source`, found through `map`.
  public init(
    _ source: any WeightSource, map: WeightMap = WeightMap(), dtype: DType? = nil, device: Device = .cpu,
    sharesFilePages: Bool = false, missing: Missing = .refused
  ) {
    self.source = source
    self.map = map
    self.dtype = dtype
    self.device = device
    self.sharesFilePages = sharesFilePages
    self.missing = missing
  }

  /// Compares names and shapes of the whole model with the files, reading no values.
  ///
  /// - Throws: ``WeightError`` for the first parameter that is missing or of another shape, and for tensors
  ///   that no parameter uses; ``ModuleError`` from the walk.
  public func check(_ module: Module) throws {
    let parameters = try module.namedParameters()
    var used: Set<String> = []
    var absent: [String] = []
    for (path, parameter) in parameters {
      let rule = map.rule(for: path)
      guard let name = storedName(rule) else {
        absent.append(rule.names[0])
        continue
      }
      used.insert(name)
      try checkEntry(name, rule, parameter)
    }
    if let first = absent.first, case .refused = missing { throw missingError(first, count: absent.count) }
    try checkLeftovers(used, paths: parameters.map(\.path.description))
  }

  /// The stored values of `parameter` in the wanted dtype.
  ///
  /// - Throws: ``WeightError``, the source's errors, `TorchError`.
  public func tensor(for parameter: Parameter, at path: ParameterPath) throws -> Tensor {
    let rule = map.rule(for: path)
    paths.append(path.description)
    guard let name = storedName(rule), let stored = try source.tensor(named: name) else {
      if case .filled(let other) = missing { return try other.tensor(for: parameter, at: path) }
      throw missingError(rule.names[0], count: 1)
    }
    usedNames.insert(name)
    try checkEntry(name, rule, parameter)
    let values = try rule.transform.applied(to: stored)
    let placed = try values.to(dtype ?? values.dtype).to(device).contiguous()
    let isOwned = !placed.sharesStorage(with: stored)
    return isOwned || sharesFilePages ? placed : try placed.clone()
  }

  /// The stored values of a persistent buffer if the files hold them, its declared initial value otherwise.
  ///
  /// - Throws: ``WeightError``, the source's errors, `TorchError`.
  public func tensor(for buffer: Buffer, at path: ParameterPath) throws -> Tensor {
    let name = path.description
    guard buffer.isPersistent, let entry = source.entry(named: name),
      let stored = try source.tensor(named: name)
    else {
      return try Tensor.full(buffer.shape, buffer.initialValue, dtype: buffer.dtype, device: device)
    }
    guard entry.shape == buffer.shape else {
      throw WeightError.wrongShape(name: name, file: entry.file, expected: buffer.shape, found: entry.shape)
    }
    usedNames.insert(name)
    return try stored.to(buffer.dtype).clone().to(device)
  }

  /// Refuses files that hold tensors which no parameter used.
  ///
  /// - Throws: ``WeightError/unexpected(names:location:nearestParameter:)``.
  public func finish() throws {
    try checkLeftovers(usedNames, paths: paths)
  }

  private func storedName(_ rule: WeightMap.Rule) -> String? {
    rule.names.first { source.entry(named: $0) != nil }
  }

  private func checkEntry(_ name: String, _ rule: WeightMap.Rule, _ parameter: Parameter) throws {
    guard let entry = source.entry(named: name) else { return }
    let expected = rule.transform.shape(ofStored: parameter.shape)
    guard entry.shape == expected else {
      throw WeightError.wrongShape(name: name, file: entry.file, expected: expected, found: entry.shape)
    }
    guard entry.dtype.isFloatingPoint else {
      throw WeightError.wrongDType(name: name, file: entry.file, found: entry.format)
    }
  }

  private func checkLeftovers(_ used: Set<String>, paths: [String]) throws {
    let leftovers = source.names.filter { !used.contains($0) && !map.ignores($0) }
    guard let first = leftovers.first else { return }
    throw WeightError.unexpected(
      names: leftovers, location: source.location, nearestParameter: NearestName.find(first, among: paths))
  }

  private func missingError(_ name: String, count: Int) -> WeightError {
    let nearest = NearestName.find(name, among: source.names)
    return WeightError.missing(name: name, location: source.location, nearest: nearest, missingCount: count)
  }
}
