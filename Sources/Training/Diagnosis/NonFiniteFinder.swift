public import Layers
public import Torch

/// Watches a forward pass and remembers the first module whose output was not finite.
///
/// It reads every output, so it is attached only after a loss was NaN or infinite, for a second pass over the
/// same batch.
public final class NonFiniteFinder: ModuleObserver {
  /// The first module with a non-finite output: the innermost one, since it is called back first.
  public private(set) var first: ParameterPath?

  /// A finder that has found nothing.
  public init() {}

  /// Looks at the outputs.
  public func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]? {
    guard first == nil else { return nil }
    for output in outputs where output.dtype.isFloatingPoint {
      if try output.detached().isfinite().all().item() == 0 { first = path }
    }
    return nil
  }
}
