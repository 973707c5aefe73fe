public import Torch

/// A module that maps one tensor to one tensor. Subclasses override ``forward(_:)``; callers write
/// `layer(x)`, which lets observers see the call.
open class Layer: Module {
  /// Computes the output. Called by ``callAsFunction(_:)`` only.
  open func forward(_ input: Tensor) throws -> Tensor { input }

  /// The output for `input`, seen by the observers that are attached.
  ///
  /// - Throws: `TorchError` for shapes and dtypes that do not fit, and whatever an observer throws.
  public final func callAsFunction(_ input: Tensor) throws -> Tensor { try observed(input, forward) }
}
