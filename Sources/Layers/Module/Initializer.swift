public import Torch

/// How a declared parameter becomes real: drawn at random, read from files, without storage, or only a part
/// of it.
///
/// An initializer may wrap another one, as the partitioned construction of ZeRO-3 does.
public protocol Initializer {
  /// The values of `parameter`: its declared shape, a dtype and device of the initializer's choice.
  func tensor(for parameter: Parameter, at path: ParameterPath) throws -> Tensor

  /// The values of `buffer`: its declared shape and dtype.
  func tensor(for buffer: Buffer, at path: ParameterPath) throws -> Tensor

  /// Called once, after every parameter and buffer of the tree.
  func finish() throws
}

extension Initializer {
  /// The buffer's declared initial value, on the CPU.
  public func tensor(for buffer: Buffer, at path: ParameterPath) throws -> Tensor {
    try Tensor.full(buffer.shape, buffer.initialValue, dtype: buffer.dtype)
  }

  /// Nothing to check.
  public func finish() throws {}
}

/// Draws fresh values from a generator of its own for each parameter, seeded by the run's seed and the
/// parameter's path, so that the values depend neither on the order nor on the number of ranks nor on the
/// dtype.
public struct SeededInitializer: Initializer {
  /// The run's seed.
  public let seed: UInt64
  /// The dtype of the parameters; values are drawn in float32 and rounded once.
  public let dtype: DType
  /// Where the parameters live.
  public let device: Device

  /// Fresh values from this seed.
  public init(seed: UInt64, dtype: DType = .float32, device: Device = .cpu) {
    self.seed = seed
    self.dtype = dtype
    self.device = device
  }

  /// Values by the parameter's declared law.
  ///
  /// - Throws: `TorchError`.
  public func tensor(for parameter: Parameter, at path: ParameterPath) throws -> Tensor {
    let shape = parameter.shape
    switch parameter.initialization {
    case .constant(let value):
      return try Tensor.full(shape, value, dtype: dtype, device: device)
    case .normal(let standardDeviation):
      let drawn = try Tensor.randn(shape, generator: try generator(for: path), dtype: .float32, device: .cpu)
      return try drawn.mulInPlace(standardDeviation).to(dtype).to(device)
    case .uniform(let bound):
      let drawn = try Tensor.rand(shape, generator: try generator(for: path), dtype: .float32, device: .cpu)
      return try drawn.mulInPlace(2 * bound).subInPlace(bound).to(dtype).to(device)
    }
  }

  private func generator(for path: ParameterPath) throws -> Generator {
    try Generator(seed: Self.derivedSeed(seed, path: path), device: .cpu)
  }

  /// The seed of one parameter: FNV-1a over the path's bytes, mixed with the run's seed by the finaliser of
  /// SplitMix64.
  ///
  /// - Source: Fowler, Noll, Vo (FNV-1a, 64 bits); Steele, Lea, Flood, "Fast splittable pseudorandom number
  ///   generators", OOPSLA 2014.
  static func derivedSeed(_ seed: UInt64, path: ParameterPath) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    var mixed = hash ^ (seed &* 0x9e37_79b9_7f4a_7c15)
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Gives parameters a shape and dtype but no storage, for dry runs of models of any size.
public struct MetaInitializer: Initializer {
  /// The dtype of the parameters.
  public let dtype: DType

  /// Parameters on the meta device.
  public init(dtype: DType = .float32) { self.dtype = dtype }

  /// A tensor without storage.
  public func tensor(for parameter: Parameter, at path: ParameterPath) throws -> Tensor {
    try Tensor.empty(parameter.shape, dtype: dtype, device: .meta)
  }

  /// A tensor without storage.
  public func tensor(for buffer: Buffer, at path: ParameterPath) throws -> Tensor {
    try Tensor.empty(buffer.shape, dtype: buffer.dtype, device: .meta)
  }
}
