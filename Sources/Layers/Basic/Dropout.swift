public import Torch

/// While training, zeroes each element with a probability and scales the others so that the mean stays.
///
/// The mask comes from the module's generator, never from hidden state, so that a resumed run repeats it.
///
/// - Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR
///   2014.
public final class Dropout: Layer {
  /// The chance of an element to be zeroed.
  public let probability: Double

  /// - Parameter probability: from 0 up to, not including, 1
  public init(probability: Double) {
    precondition((0..<1).contains(probability), "a dropout probability of \(probability) is not in 0 ..< 1")
    self.probability = probability
    super.init()
  }

  /// - Parameter input: any shape
  /// - Returns: the same shape and dtype; `input` itself outside of training
  /// - Throws: ``ModuleError/missingGenerator`` while training without a generator.
  public override func forward(_ input: Tensor) throws -> Tensor {
    guard isTraining, probability > 0 else { return input }
    guard let generator else { throw ModuleError.missingGenerator }
    return try input.dropout(probability: probability, generator: generator)
  }
}
