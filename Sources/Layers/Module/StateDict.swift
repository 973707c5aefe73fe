public import Torch

/// Named tensors in a fixed order: what a module's state looks like from outside.
public struct StateDict {
  /// The names and tensors in order.
  public private(set) var entries: [(name: String, tensor: Tensor)] = []
  private var indices: [String: Int] = [:]

  /// Without any tensors.
  public init() {}

  /// The parameters and persistent buffers of `module`, sharing their storage, under the names and in the
  /// layout of `map`. A tied parameter is there once.
  ///
  /// - Throws: ``ModuleError`` from the walk, `TorchError` from a change of layout.
  public init(of module: Module, map: WeightMap = WeightMap()) throws {
    for (path, parameter) in try module.namedParameters() {
      let rule = map.rule(for: path)
      self[rule.names[0]] = try rule.transform.inverted(of: try parameter.tensor.detached())
    }
    for (path, buffer) in try module.namedBuffers() where buffer.isPersistent {
      self[path.description] = buffer.tensor
    }
  }

  /// The number of tensors.
  public var count: Int { entries.count }

  /// The names in order.
  public var names: [String] { entries.map(\.name) }

  /// The tensor of this name; setting nil removes it, a new name goes to the end.
  public subscript(name: String) -> Tensor? {
    get { indices[name].map { entries[$0].tensor } }
    set {
      if let index = indices[name] {
        if let newValue {
          entries[index].tensor = newValue
        } else {
          entries.remove(at: index)
          indices = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($0.element.name, $0.offset) })
        }
      } else if let newValue {
        indices[name] = entries.count
        entries.append((name, newValue))
      }
    }
  }
}

/// A state dictionary in memory as a source of weights.
public final class StateDictSource: WeightSource {
  /// What messages call it.
  public let location: String
  private let state: StateDict

  /// The tensors of `state`.
  public init(_ state: StateDict, location: String = "the state in memory") {
    self.state = state
    self.location = location
  }

  /// The names in order.
  public var names: [String] { state.names }

  /// Shape and dtype of the tensor of this name.
  public func entry(named name: String) -> WeightEntry? {
    state[name].map { WeightEntry(shape: $0.shape, dtype: $0.dtype, format: $0.dtype.name, file: location) }
  }

  /// The tensor of this name.
  public func tensor(named name: String) throws -> Tensor? { state[name] }
}
