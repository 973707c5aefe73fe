/// Arithmetic as it is written. A number is a `Double`, `Float` or `Int`; a whole number leaves a tensor of
/// integers a tensor of integers.
extension Tensor {
  /// The sum, broadcast.
  ///
  /// - Throws: `TorchError` of kind `shape` when the shapes do not fit each other.
  public static func + (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try left.add(right)
  }

  /// The sum with a number.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func + (left: Tensor, right: some ScalarConvertible) throws(TorchError) -> Tensor {
    try left.add(right)
  }

  /// The sum with a number.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func + (left: some ScalarConvertible, right: Tensor) throws(TorchError) -> Tensor {
    try right.add(left)
  }

  /// The difference, broadcast.
  ///
  /// - Throws: `TorchError` of kind `shape` when the shapes do not fit each other.
  public static func - (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try left.sub(right)
  }

  /// The difference from a number.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func - (left: Tensor, right: some ScalarConvertible) throws(TorchError) -> Tensor {
    try left.sub(right)
  }

  /// A number less the tensor.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func - (left: some ScalarConvertible, right: Tensor) throws(TorchError) -> Tensor {
    try right.rsub(left)
  }

  /// The elementwise product, broadcast; `matmul` is the matrix product.
  ///
  /// - Throws: `TorchError` of kind `shape` when the shapes do not fit each other.
  public static func * (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try left.mul(right)
  }

  /// The product with a number.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func * (left: Tensor, right: some ScalarConvertible) throws(TorchError) -> Tensor {
    try left.mul(right)
  }

  /// The product with a number.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func * (left: some ScalarConvertible, right: Tensor) throws(TorchError) -> Tensor {
    try right.mul(left)
  }

  /// The elementwise quotient, broadcast; integers divide to floating point.
  ///
  /// - Throws: `TorchError` of kind `shape` when the shapes do not fit each other.
  public static func / (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try left.div(right)
  }

  /// The quotient by a number; integers divide to floating point.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func / (left: Tensor, right: some ScalarConvertible) throws(TorchError) -> Tensor {
    try left.div(right)
  }

  /// A number divided by each element.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public static func / (left: some ScalarConvertible, right: Tensor) throws(TorchError) -> Tensor {
    try right.reciprocal().mul(left)
  }

  /// The negative.
  ///
  /// - Throws: `TorchError` of kind `shape` for a tensor of truth values.
  public static prefix func - (tensor: Tensor) throws(TorchError) -> Tensor {
    try tensor.neg()
  }
}
