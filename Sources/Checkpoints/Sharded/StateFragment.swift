public import Torch

/// A contiguous piece of one logical state of one parameter, as a rank keeps it: elements `range` of the
/// flattened f32 master weight of `layers.0.mlp.up_proj.weight`, say.
///
/// Checkpoints are made of these, so that they know parameters and no ranks: any number of ranks at any ZeRO
/// stage finds its own pieces again.
public struct StateFragment {
  /// Which state: ``masterWeights``, `exp_avg`, `exp_avg_sq`, `momentum_buffer`, ...
  public let state: String
  /// The parameter's path.
  public let path: String
  /// The elements, counted in the flattened parameter.
  public let range: Range<Int>
  /// The dtype of the values.
  public let dtype: DType
  /// Brings the values, `[range.count]`, when they are written.
  public let value: () throws -> Tensor

  /// The f32 master weights, under the name that DeepSpeed's tools use.
  public static let masterWeights = "fp32"

  /// A piece of a state.
  public init(
    state: String, path: String, range: Range<Int>, dtype: DType = .float32, value: @escaping () throws -> Tensor
  ) {
    self.state = state
    self.path = path
    self.range = range
    self.dtype = dtype
    self.value = value
  }

  /// The piece as it stands in a file.
  var stored: LazyTensor {
    LazyTensor(TensorDescription(name: storedName, dtype: dtype, shape: [range.count]), value: value)
  }

  /// The fragment's name in its file: `exp_avg/layers.0.weight@4096`.
  var storedName: String { "\(state)/\(path)@\(range.lowerBound)" }

  /// Takes a stored name apart; nil when it is not one.
  static func parse(_ name: String) -> (state: String, path: String, start: Int)? {
    guard let slash = name.firstIndex(of: "/"), let at = name.lastIndex(of: "@"), slash < at,
      let start = Int(name[name.index(after: at)...]), start >= 0
    else { return nil }
    return (String(name[..<slash]), String(name[name.index(after: slash)..<at]), start)
  }
}
