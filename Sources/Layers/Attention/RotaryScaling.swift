#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How rotary frequencies are changed so that a model reads texts longer than those it was first trained on.
public enum RotaryScaling: Sendable, Hashable {
  /// The original frequencies.
  case none
  /// All frequencies divided by `factor`.
  ///
  /// - Source: Chen et al., "Extending context window of large language models via positional interpolation",
  ///   2023, arXiv:2306.15595.
  case linear(factor: Double)
  /// A base that grows with the text once it is longer than `originalLength`.
  ///
  /// - Source: the dynamic form of NTK-aware scaling, in Peng et al., arXiv:2309.00071, appendix B.
  case dynamicNTK(factor: Double, originalLength: Int)
  /// Each frequency divided by its own number, `headDim / 2` of them, as GGUF files store a scaling.
  case divided(by: [Double])
  /// Long wavelengths divided, short ones kept, a ramp between.
  case llama3(Llama3)
  /// A ramp over the dimensions, and scaled attention.
  case yarn(YaRN)

  /// The scaling of Llama 3.1.
  ///
  /// - Source: Grattafiori et al., "The Llama 3 herd of models", 2024, arXiv:2407.21783, and the published
  ///   model code.
  public struct Llama3: Sendable, Hashable {
    /// The divisor of long wavelengths' frequencies.
    public var factor: Double
    /// Wavelengths above `originalLength / lowFrequencyFactor` are divided in full.
    public var lowFrequencyFactor: Double
    /// Wavelengths below `originalLength / highFrequencyFactor` are kept.
    public var highFrequencyFactor: Double
    /// The length of the texts of the first training, in tokens.
    public var originalLength: Int

    /// A scaling with these numbers.
    public init(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int)
    {
      self.factor = factor
      self.lowFrequencyFactor = lowFrequencyFactor
      self.highFrequencyFactor = highFrequencyFactor
      self.originalLength = originalLength
    }
  }

  /// YaRN.
  ///
  /// - Source: Peng et al., "YaRN: efficient context window extension of large language models", 2023,
  ///   arXiv:2309.00071.
  public struct YaRN: Sendable, Hashable {
    /// The divisor of the interpolated frequencies.
    public var factor: Double
    /// The length of the texts of the first training, in tokens.
    public var originalLength: Int
    /// Rotations over `originalLength` above which a frequency is kept.
    public var betaFast = 32.0
    /// Rotations over `originalLength` below which a frequency is divided in full.
    public var betaSlow = 1.0
    /// The scale of cosine and sine; nil: `0.1 ln(factor) + 1`.
    public var attentionFactor: Double?
    /// True when the ends of the ramp are rounded outwards to whole dimensions.
    public var truncates = true

    /// A scaling with the paper's constants.
    public init(factor: Double, originalLength: Int) {
      self.factor = factor
      self.originalLength = originalLength
    }
  }

  /// True when frequencies depend on how long the text has become.
  var dependsOnLength: Bool {
    if case .dynamicNTK = self { return true }
    return false
  }

  /// The frequencies in radians per position, `[headDim / 2]`, and the scale of cosine and sine, for a text
  /// of `length` tokens.
  func frequencies(headDim: Int, base: Double, length: Int) -> (values: [Double], attentionFactor: Double) {
    let plain = Self.plain(headDim, base)
    switch self {
    case .none:
      return (plain, 1)
    case .linear(let factor):
      return (plain.map { $0 / factor }, 1)
    case .divided(let divisors):
      return (zip(plain, divisors).map { $0 / $1 }, 1)
    case .dynamicNTK(let factor, let originalLength):
      let ratio = Double(max(length, originalLength)) / Double(originalLength)
      let dim = Double(headDim)
      return (Self.plain(headDim, base * pow(factor * ratio - (factor - 1), dim / (dim - 2))), 1)
    case .llama3(let settings):
      return (plain.map { settings.scaled($0) }, 1)
    case .yarn(let settings):
      return (settings.scaled(plain, headDim: headDim, base: base), settings.resolvedAttentionFactor)
    }
  }

  /// `base^(-2 i / headDim)`.
  private static func plain(_ headDim: Int, _ base: Double) -> [Double] {
    stride(from: 0, to: headDim, by: 2).map { 1 / pow(base, Double($0) / Double(headDim)) }
  }
}

extension RotaryScaling.Llama3 {
  func scaled(_ frequency: Double) -> Double {
    let wavelength = 2 * Double.pi / frequency
    let length = Double(originalLength)
    if wavelength < length / highFrequencyFactor { return frequency }
    if wavelength > length / lowFrequencyFactor { return frequency / factor }
    let kept = (length / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
    return (1 - kept) * frequency / factor + kept * frequency
  }
}

extension RotaryScaling.YaRN {
  var resolvedAttentionFactor: Double { attentionFactor ?? Self.magnitude(factor, 1) }

  /// `0.1 m ln(s) + 1` for `s > 1`, else 1: the magnitude that keeps the entropy of attention.
  public static func magnitude(_ factor: Double, _ multiplier: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * multiplier * log(factor) + 1
  }

  func scaled(_ frequencies: [Double], headDim: Int, base: Double) -> [Double] {
    var low = dimension(rotations: betaFast, headDim: headDim, base: base)
    var high = dimension(rotations: betaSlow, headDim: headDim, base: base)
    if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(headDim - 1)))
    // Equal ends would divide by zero; a small width makes the ramp a step.
    if low == high { high += 0.001 }
    return frequencies.enumerated().map { index, frequency in
      let divided = min(max((Double(index) - low) / (high - low), 0), 1)
      return frequency / factor * divided + frequency * (1 - divided)
    }
  }

  /// The dimension whose frequency makes this many rotations over the original length.
  private func dimension(rotations: Double, headDim: Int, base: Double) -> Double {
    Double(headDim) * log(Double(originalLength) / (rotations * 2 * Double.pi)) / (2 * log(base))
  }
}
