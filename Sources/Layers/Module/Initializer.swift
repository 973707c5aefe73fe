internal import CKernels
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

/// Draws fresh values, each parameter's from a random stream of its own whose key is made of the run's seed
/// and the parameter's path, and each element by its position in that stream. So the values depend neither on
/// the order of the parameters, nor on the number of ranks or threads, nor on the processor or the dtype.
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
      return try drawn(shape, path) { ck_fill_normal($0, standardDeviation, .best, FusedKernels.executor) }
    case .uniform(let bound):
      return try drawn(shape, path) { ck_fill_uniform($0, -bound, bound, .best, FusedKernels.executor) }
    }
  }

  private func drawn(
    _ shape: [Int], _ path: ParameterPath, _ fill: (UnsafePointer<ck_random_run>) -> Void
  ) throws -> Tensor {
    let kernelDType = FusedKernels.kernelDType(dtype)
    let values = try Tensor.empty(shape, dtype: kernelDType == nil ? .float32 : dtype)
    values.withPointer {
      var run = ck_random_run(
        values: $0, dtype: kernelDType ?? .float32, count: Int64(values.elementCount),
        key: Self.streamKey(seed, path: path), first: 0)
      fill(&run)
    }
    return try values.to(dtype).to(device)
  }

  /// The key of one parameter's stream: FNV-1a over the path's bytes, mixed with the run's seed by the
  /// finaliser of SplitMix64.
  ///
  /// - Source: Fowler, Noll, Vo (FNV-1a, 64 bits); Steele, Lea, Flood, "Fast splittable pseudorandom number
  ///   generators", OOPSLA 2014.
  static func streamKey(_ seed: UInt64, path: ParameterPath) -> UInt64 {
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
