internal import CTorch

/// Runs `body` so that every tensor which an operation saves for the backward pass is kept as what `pack`
/// makes of it, and comes back by `unpack` when it is needed.
///
/// With this, saved tensors can live elsewhere (in host memory, in a file), be compressed or be computed
/// again.
///
/// - Parameters:
///   - pack: receives the tensor cut off from the graph. If it is to be kept, keep its memory, not the
///     parameter.
///   - unpack: yields a tensor of the same shape, dtype, device and values.
///   - body: what is recorded with these hooks, on the calling thread. Innermost hooks win.
/// - Throws: what `body` or `pack` throws. What `unpack` throws ends the backward pass.
public func withSavedTensorHooks<Result>(
  pack: @escaping (Tensor) throws -> AnyObject, unpack: @escaping (AnyObject) throws -> Tensor,
  _ body: () throws -> Result
) throws -> Result {
  let closures = SavedTensorClosures(pack: pack, unpack: unpack)
  try Tensor.call("saved_tensors_hooks") {
    ct_saved_tensor_hooks_push(
      ct_owned(giving: closures), SavedTensorClosures.packTrampoline, SavedTensorClosures.unpackTrampoline)
  }
  defer { ct_saved_tensor_hooks_pop() }
  do {
    return try body()
  } catch let error as TorchError {
    throw error.cause ?? error
  }
}

/// Both closures, as C++ keeps them with each saved tensor.
private final class SavedTensorClosures {
  let pack: (Tensor) throws -> AnyObject
  let unpack: (AnyObject) throws -> Tensor

  init(pack: @escaping (Tensor) throws -> AnyObject, unpack: @escaping (AnyObject) throws -> Tensor) {
    self.pack = pack
    self.unpack = unpack
  }

  static let packTrampoline: ct_pack_callback = { object, tensor, packed in
    let closures = Unmanaged<SavedTensorClosures>.fromOpaque(object!).takeUnretainedValue()
    let tensor = Tensor(owning: tensor)
    return ErrorBox.capture {
      packed.pointee = Unmanaged.passRetained(try closures.pack(tensor)).toOpaque()
    }
  }

  static let unpackTrampoline: ct_unpack_callback = { object, packed, result in
    let closures = Unmanaged<SavedTensorClosures>.fromOpaque(object!).takeUnretainedValue()
    let packed = Unmanaged<AnyObject>.fromOpaque(packed!).takeUnretainedValue()
    return ErrorBox.capture {
      result?.pointee = try closures.unpack(packed).retainedHandle()
    }
  }
}
