extension Tensor: CustomStringConvertible {
  /// Dtype, shape, device and the first elements of each dimension, such as
  /// "Tensor(float32, [2, 5], cpu) [[1.0, 2.0, 3.0, ...], [6.0, 7.0, 8.0, ...]]".
  public var description: String {
    let shape = shape
    let header = "Tensor(\(dtype.name), \(shape), \(device))"
    guard let values = try? leadingValues() else { return header }
    var rest = values[...]
    return "\(header) \(Tensor.nested(&rest, shape[...]))"
  }

  /// How many elements of each dimension a description shows.
  private static let shownCount = 4

  /// The leading elements of every dimension, row-major.
  private func leadingValues() throws(TorchError) -> [Double] {
    var part = try detached()
    for (dim, size) in shape.enumerated() where size > Tensor.shownCount {
      part = try part.narrow(dim: dim, start: 0, length: Tensor.shownCount)
    }
    return try part.array(of: Double.self)
  }

  private static func nested(_ values: inout ArraySlice<Double>, _ shape: ArraySlice<Int>) -> String {
    guard let size = shape.first else { return values.popFirst().map(\.description) ?? "" }
    var parts = (0..<Swift.min(size, shownCount)).map { _ in nested(&values, shape.dropFirst()) }
    if size > shownCount { parts.append("...") }
    return "[\(parts.joined(separator: ", "))]"
  }
}
