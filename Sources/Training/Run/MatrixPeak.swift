public import Layers
public import Torch

/// The speed of this machine's matrix products, against which model FLOPs utilisation is stated.
public enum MatrixPeak {
  /// The best of a few products of square matrices on this thread's threads, in operations a second.
  ///
  /// - Parameters:
  ///   - dtype: the dtype of the matrices.
  ///   - size: rows and columns.
  ///   - rounds: how many products are timed, one by one.
  ///   - library: what multiplies; what layers use when nil.
  /// - Throws: `TorchError`.
  public static func measure(dtype: DType, size: Int = 1024, rounds: Int = 4, library: ProductLibrary? = nil) throws
    -> Double
  {
    // fp16 products run through slow paths on processors without AVX512-FP16: one would take seconds.
    guard dtype != .float16 else { return 0 }
    let matrix = try Tensor.full([size, size], 0.5, dtype: dtype)
    let clock = ContinuousClock()
    var best = Duration.seconds(3600)
    try withoutGradients {
      for _ in 0..<rounds {
        let start = clock.now
        switch library ?? .preferred(for: dtype) {
        case .libtorch: _ = try matrix.mm(matrix)
        case .oneDNN: _ = try matrix.oneDNNLinear(weight: matrix)
        }
        best = min(best, start.duration(to: clock.now))
      }
    }
    return 2 * Double(size) * Double(size) * Double(size) / (best / .seconds(1))
  }
}
