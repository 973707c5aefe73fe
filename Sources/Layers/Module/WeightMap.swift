public import Torch

/// How a stored tensor becomes a parameter, and back.
public enum WeightTransform: Sendable, Hashable {
  /// Stored as it is used.
  case asStored
  /// Stored as `[input, output]`, used as `[output, input]`: the one-dimensional convolutions of GPT-2.
  case transposed
  /// Rows of each head stored with the two rotary halves interleaved, as GGUF files of the Llama architecture
  /// do: stored row `2 i + j` of a head is row `j * headDim / 2 + i`.
  case rotaryInterleaved(headCount: Int)

  /// The shape of the parameter that a stored tensor of `shape` becomes.
  public func shape(ofStored shape: [Int]) -> [Int] {
    switch self {
    case .asStored, .rotaryInterleaved: return shape
    case .transposed: return shape.reversed()
    }
  }

  /// The parameter from the stored tensor; it may share its storage.
  ///
  /// - Throws: `TorchError`.
  public func applied(to stored: Tensor) throws -> Tensor {
    switch self {
    case .asStored: return stored
    case .transposed: return try stored.transpose(0, 1)
    case .rotaryInterleaved(let headCount): return try Self.swapped(stored, headCount, pairsFirst: true)
    }
  }

  /// The stored tensor from the parameter.
  ///
  /// - Throws: `TorchError`.
  public func inverted(of parameter: Tensor) throws -> Tensor {
    switch self {
    case .asStored: return parameter
    case .transposed: return try parameter.transpose(0, 1).contiguous()
    case .rotaryInterleaved(let headCount): return try Self.swapped(parameter, headCount, pairsFirst: false)
    }
  }

  /// Within each head, turns rows `[pair, half]` into `[half, pair]`, or the other way.
  private static func swapped(_ tensor: Tensor, _ headCount: Int, pairsFirst: Bool) throws -> Tensor {
    let shape = tensor.shape
    guard headCount > 0, let rows = shape.first, rows % (2 * headCount) == 0 else {
      throw ModuleError.wrongInput(
        module: "the rotary row order", expected: "rows that \(headCount) heads of even size fill",
        found: "\(shape)")
    }
    let pairs = rows / headCount / 2
    let inner = pairsFirst ? [headCount, pairs, 2] : [headCount, 2, pairs]
    let swapped = try tensor.reshape(inner + shape.dropFirst()).transpose(1, 2)
    return try swapped.reshape(shape)
  }
}

/// Which stored tensor each parameter is read from, and which stored tensors are known to be of no use.
public struct WeightMap: Sendable {
  /// Where one parameter comes from.
  public struct Rule: Sendable, Hashable {
    /// The names under which files hold it: the first is written, any is read.
    public let names: [String]
    /// What happens between the file and the parameter.
    public let transform: WeightTransform

    /// A rule with these names.
    public init(_ names: [String], _ transform: WeightTransform = .asStored) {
      self.names = names
      self.transform = transform
    }
  }

  /// The rules by parameter path; a parameter without one is stored as it is used, under its own path.
  public var rules: [ParameterPath: Rule]
  /// Patterns (see ``ParameterPath/matches(_:)``) of stored names that may be left over without an error.
  public var ignoredNames: [String]

  /// A map with these exceptions; without any, names equal paths.
  public init(rules: [ParameterPath: Rule] = [:], ignoredNames: [String] = []) {
    self.rules = rules
    self.ignoredNames = ignoredNames
  }

  /// The rule of the parameter at `path`.
  public func rule(for path: ParameterPath) -> Rule { rules[path] ?? Rule([path.description]) }

  /// True when a stored tensor of this name may be left over.
  public func ignores(_ name: String) -> Bool { ignoredNames.contains { ParameterPath(name).matches($0) } }
}
