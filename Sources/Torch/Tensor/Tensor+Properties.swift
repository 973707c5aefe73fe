internal import CTorch

extension Tensor {
  /// The size of each dimension, outermost first; empty for a scalar.
  public var shape: [Int] {
    withHandle { Array(UnsafeBufferPointer(start: ct_tensor_sizes($0), count: ct_tensor_dims($0))) }
  }

  /// The distance between neighbours in each dimension, in elements.
  public var strides: [Int] {
    withHandle { Array(UnsafeBufferPointer(start: ct_tensor_strides($0), count: ct_tensor_dims($0))) }
  }

  /// The number of dimensions; 0 for a scalar.
  public var dimensionCount: Int {
    withHandle { ct_tensor_dims($0) }
  }

  /// The size of one dimension, without building the whole shape; negative counts from the last.
  ///
  /// The dimension must exist.
  public func size(_ dim: Int) -> Int {
    withHandle { handle in
      let count = ct_tensor_dims(handle)
      precondition(dim >= -count && dim < count, "dimension \(dim) of a tensor with \(count)")
      return ct_tensor_sizes(handle)[dim < 0 ? dim + count : dim]
    }
  }

  /// The number of elements.
  public var elementCount: Int {
    withHandle { ct_tensor_element_count($0) }
  }

  /// The number of bytes of its elements, whatever its storage holds besides.
  public var byteCount: Int {
    elementCount * dtype.byteCount
  }

  /// The type of its elements.
  public var dtype: DType {
    let number = withHandle { ct_tensor_dtype($0) }
    guard let dtype = DType(rawValue: number) else {
      preconditionFailure("a tensor of libtorch's dtype \(number), which this library does not know")
    }
    return dtype
  }

  /// Where its memory is.
  public var device: Device {
    Device(raw: withHandle { ct_tensor_device($0) })
  }

  /// Whether elements lie row-major without gaps.
  public var isContiguous: Bool {
    withHandle { ct_tensor_is_contiguous($0) }
  }

  /// Whether operations on it are recorded for the backward pass.
  public var requiresGradient: Bool {
    withHandle { ct_tensor_requires_gradient($0) }
  }

  /// Whether it is not the result of a recorded operation: a parameter, an input, a constant.
  public var isLeaf: Bool {
    withHandle { ct_tensor_is_leaf($0) }
  }
}
