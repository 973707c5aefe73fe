internal import CTorch

extension Torch {
  /// The body of a loop in C: an argument, and the range of items to work on.
  public typealias RangeBody = @convention(c) (UnsafeMutableRawPointer?, Int64, Int64) -> Void

  /// A C function that runs `body(argument, from, to)` over disjoint ranges of `[begin, end)`, on as many of
  /// libtorch's threads as the calling thread's operations may use. The parameters are an unused context, begin,
  /// end, the least length of a range, the body and its argument: the type of CKernels' executors, so that
  /// kernels and operations share one pool of threads.
  public static var parallelFor:
    @convention(c) (UnsafeMutableRawPointer?, Int64, Int64, Int64, RangeBody, UnsafeMutableRawPointer?) -> Void
  {
    ct_parallel_for
  }
}
