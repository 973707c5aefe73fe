internal import CTorch

/// Runs `body` without recording operations for a backward pass, on the calling thread.
public func withoutGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_set_gradient_mode(false)
  defer { _ = ct_set_gradient_mode(before) }
  return try body()
}

/// Runs `body` with operations recorded, also inside `withoutGradients`, on the calling thread.
public func withGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_set_gradient_mode(true)
  defer { _ = ct_set_gradient_mode(before) }
  return try body()
}

/// Runs `body` without anything that a backward pass would need, on the calling thread. Tensors made inside
/// can never take part in one.
public func withInferenceMode<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let guardObject = ct_inference_mode_begin()
  defer { ct_inference_mode_end(guardObject) }
  return try body()
}

/// Whether the calling thread records operations.
public var isRecordingGradients: Bool {
  ct_gradient_mode()
}
