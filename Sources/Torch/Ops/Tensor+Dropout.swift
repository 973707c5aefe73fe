extension Tensor {
  /// This tensor with every element zeroed with a probability and the others scaled up so that the mean
  /// stays.
  ///
  /// `y = x * mask / (1 - probability)`, the mask drawn from `generator`.
  /// - Parameters:
  ///   - probability: The chance of an element to be zeroed, from 0 up to, not including, 1.
  ///   - generator: The source of the mask.
  /// - Returns: A tensor of this shape and type.
  /// - Throws: `TorchError` when libtorch rejects the probability.
  /// - SeeAlso: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
  public func dropout(probability: Double, generator: Generator) throws(TorchError) -> Tensor {
    if probability == 0 { return self }
    let mask = try emptyLike()
    try mask.bernoulliInPlace(p: 1 - probability, generator: generator)
    try mask.divInPlace(1 - probability)
    return try mul(mask)
  }
}
