internal import CTorch

/// A stream of random numbers: the same seed gives the same numbers.
///
/// Not Sendable: one generator belongs to one rank.
public final class Generator {
  private let handle: OpaquePointer
  /// Where the tensors are that it fills.
  public let device: Device

  /// A stream that starts from `seed`.
  ///
  /// - Throws: `TorchError` of kind `notImplemented` for a device without generators, such as meta.
  public init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
    var result: OpaquePointer?
    try Tensor.call("generator") { ct_generator_create(seed, device.raw, &result) }
    guard let result else { preconditionFailure("a C call that succeeded returned no generator") }
    handle = result
    self.device = device
  }

  deinit {
    ct_generator_release(handle)
  }

  /// Starts the stream again from `seed`.
  ///
  /// - Throws: `TorchError` of kind `backend`.
  public func setSeed(_ seed: UInt64) throws(TorchError) {
    try Tensor.call("set_seed") { withHandle { ct_generator_set_seed($0, seed) } }
  }

  /// The seed that the stream last started from, also when a state brought it here.
  public var seed: UInt64 { withHandle { ct_generator_seed($0) } }

  /// Where the stream is: bytes on the CPU, to be given to `setState`.
  ///
  /// - Throws: `TorchError` of kind `backend`.
  public func state() throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try Tensor.call("get_state") { withHandle { ct_generator_state($0, &result) } }
    return Tensor(owning: result)
  }

  /// Goes on from a state that `state()` yielded.
  ///
  /// - Throws: `TorchError` of kind `type` or `shape` when the bytes are no such state.
  public func setState(_ state: Tensor) throws(TorchError) {
    try Tensor.call("set_state", state) { state in withHandle { ct_generator_set_state($0, state) } }
  }

  /// The handle for C, valid and this object alive during `body`.
  @inline(__always)
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
    withExtendedLifetime(self) { body(handle) }
  }
}
