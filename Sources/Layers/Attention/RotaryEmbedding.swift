public import Torch

// Shape letters: B batch, T tokens, H heads, d width of a head.

/// What determines the angles of a rotary position embedding.
public struct RotaryConfiguration: Sendable, Hashable {
  /// The width of a head; even.
  public var headDim: Int
  /// The base of the geometric series of wavelengths.
  public var base: Double
  /// The change for long texts.
  public var scaling: RotaryScaling

  /// Plain rotary embedding unless a scaling is given.
  public init(headDim: Int, base: Double = 10_000, scaling: RotaryScaling = .none) {
    precondition(
      headDim > 0 && headDim % 2 == 0, "a rotary embedding needs an even head width, found \(headDim)")
    self.headDim = headDim
    self.base = base
    self.scaling = scaling
  }
}

/// Cosines and sines of the angles of some consecutive positions.
public struct RotaryAngles {
  /// `[T, d / 2]`, float32.
  public let cosine: Tensor
  /// `[T, d / 2]`, float32.
  public let sine: Tensor
}

/// Keeps the cosines and sines of all positions used so far, for one model.
public final class RotaryTable: ModuleResource {
  /// What determines the angles.
  public let configuration: RotaryConfiguration
  private var cosine: Tensor?
  private var sine: Tensor?
  private var tableLength = 0
  private var frequencyLength = 0

  /// An empty table.
  public init(_ configuration: RotaryConfiguration) { self.configuration = configuration }

  /// The angles of positions `start ..< start + count`, computed in float32.
  ///
  /// - Throws: `TorchError`.
  public func angles(from start: Int, count: Int, device: Device = .cpu) throws -> RotaryAngles {
    let length = start + count
    let hasChanged = configuration.scaling.dependsOnLength && length != frequencyLength
    if hasChanged || cosine?.device != device || length > tableLength { try fill(length, device: device) }
    guard let cosine, let sine else { preconditionFailure("the rotary table was not filled") }
    return RotaryAngles(
      cosine: try cosine.narrow(dim: 0, start: start, length: count),
      sine: try sine.narrow(dim: 0, start: start, length: count))
  }

  private func fill(_ length: Int, device: Device) throws {
    let (values, factor) = configuration.scaling.frequencies(
      headDim: configuration.headDim, base: configuration.base, length: length)
    // Doubling keeps token-by-token decoding from refilling the table at each step.
    let rows = configuration.scaling.dependsOnLength ? length : max(length, 2 * tableLength, 64)
    try withoutGradients {
      let frequencies = try Tensor(values, shape: [1, values.count]).to(.float32)
      let positions = try Tensor.arange(rows, dtype: .float32).reshape([rows, 1])
      let angles = try positions.mul(frequencies)
      cosine = try angles.cos().mulInPlace(factor).to(device)
      sine = try angles.sin().mulInPlace(factor).to(device)
    }
    tableLength = rows
    frequencyLength = length
  }
}

/// Turns each pair `(x_i, x_{i + d/2})` of a head by the angle of its position.
///
/// - Source: Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021,
///   arXiv:2104.09864; the pairing of the two halves is that of the published Llama weights.
public enum RotaryEmbedding {
  /// The turned vectors.
  ///
  /// - Parameters:
  ///   - vectors: `[B, T, H, d]`
  ///   - angles: of the `T` positions
  /// - Returns: `[B, T, H, d]`, contiguous
  /// - Throws: `TorchError`.
  public static func apply(_ vectors: Tensor, _ angles: RotaryAngles) throws -> Tensor {
    try CustomFunction.apply([vectors], name: "rotary embedding") { inputs in
      [try turned(inputs[0], angles, isBackward: false)]
    } backward: { gradients in
      // A rotation's transpose is the rotation by the opposite angle.
      [try gradients[0].map { try turned($0, angles, isBackward: true) }]
    }[0]
  }

  private static func turned(_ vectors: Tensor, _ angles: RotaryAngles, isBackward: Bool) throws -> Tensor {
    if let turned = try FusedRotary.turned(vectors, angles, isBackward: isBackward) { return turned }
    let sign = isBackward ? -1.0 : 1.0
    let half = vectors.size(-1) / 2
    let shape = [angles.cosine.size(0), 1, half]
    let cosine = try angles.cosine.to(vectors.dtype).reshape(shape)
    let sine = try angles.sine.to(vectors.dtype).reshape(shape)
    let first = try vectors.narrow(dim: -1, start: 0, length: half)
    let second = try vectors.narrow(dim: -1, start: half, length: half)
    let result = try Tensor.empty(vectors.shape, dtype: vectors.dtype, device: vectors.device)
    let turnedFirst = try result.narrow(dim: -1, start: 0, length: half)
    let turnedSecond = try result.narrow(dim: -1, start: half, length: half)
    try turnedFirst.copyInPlace(first).mulInPlace(cosine).addcmulInPlace(second, sine, value: -sign)
    try turnedSecond.copyInPlace(second).mulInPlace(cosine).addcmulInPlace(first, sine, value: sign)
    return result
  }
}
