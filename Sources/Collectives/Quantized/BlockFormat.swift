internal import CKernels
public import Torch

/// How elements are quantised for the wire: symmetric whole numbers in groups with a scale each.
///
/// The blocks of a piece of n elements are the f32 scales of its groups, then its codes, then zeros up to a multiple
/// of four bytes. With groups of 2,048 the scales add 0.2 % to 8-bit codes: a ZeRO++ step moves 0.752 M in all
/// (arXiv 2306.10209, table 1, without scales: 0.75 M).
public struct BlockFormat: Sendable, Hashable {
  /// The width of a code.
  public enum Width: Int32, Sendable, Hashable {
    /// Two codes a byte, from -7 to 7.
    case int4 = 4
    /// A code a byte, from -127 to 127.
    case int8 = 8
  }

  /// The width of a code.
  public let width: Width
  /// Elements of a group, even and at most ``largestGroupLength``.
  public let groupLength: Int

  /// Elements of the largest group.
  public static let largestGroupLength = Int(ck_largest_group)
  /// What weights are gathered in.
  public static let weights = BlockFormat(width: .int8)
  /// What gradients are reduced in.
  public static let gradients = BlockFormat(width: .int4)

  /// A format.
  public init(width: Width, groupLength: Int = 2048) {
    precondition(
      groupLength > 0 && groupLength % 2 == 0 && groupLength <= Self.largestGroupLength,
      "groups of \(groupLength) elements, expected an even number up to \(Self.largestGroupLength)")
    self.width = width
    self.groupLength = groupLength
  }

  private var grouping: ck_grouping { ck_grouping(bits: width.rawValue, length: Int32(groupLength)) }

  private func scaleBytes(of count: Int) -> Int { 4 * Int(ck_group_count(grouping, Int64(count))) }

  /// Bytes of the blocks of `count` elements.
  public func byteCount(of count: Int) -> Int {
    let codes = Int(ck_code_bytes(grouping, Int64(count)))
    return scaleBytes(of: count) + (codes + 3) / 4 * 4
  }

  /// The blocks of a tensor.
  ///
  /// - Parameter tensor: `[n]` in any shape, f32, bf16 or f16, contiguous, on the CPU.
  /// - Returns: uint8, `[byteCount(of: n)]`.
  /// - Throws: `CollectiveError.invalidArgument` for another tensor, `tensor` when there is no memory.
  public func blocks(of tensor: Tensor) throws(CollectiveError) -> Tensor { try blocks(of: [tensor]) }

  /// The blocks of several tensors, one after another.
  func blocks(of tensors: [Tensor]) throws(CollectiveError) -> Tensor {
    let result = try Self.bytes(tensors.reduce(0) { $0 + byteCount(of: $1.elementCount) })
    var start = 0
    for tensor in tensors {
      let dtype = try Self.kernelDType(of: tensor)
      write(
        Self.address(of: tensor), dtype, count: tensor.elementCount,
        to: Self.address(of: result).map { $0 + start }, feedback: nil)
      start += byteCount(of: tensor.elementCount)
    }
    return result
  }

  /// Replaces a tensor by the elements of blocks.
  ///
  /// - Parameters:
  ///   - tensor: `[n]` in any shape, f32, bf16 or f16, contiguous, on the CPU.
  ///   - blocks: uint8, `[byteCount(of: n)]`.
  /// - Throws: `CollectiveError.invalidArgument` for tensors that do not fit.
  public func read(_ blocks: Tensor, into tensor: Tensor) throws(CollectiveError) {
    let dtype = try Self.kernelDType(of: tensor)
    guard blocks.dtype == .uint8, blocks.byteCount == byteCount(of: tensor.elementCount) else {
      throw .invalidArgument(
        operation: "dequantisation",
        reason: "\(blocks.byteCount) bytes of \(blocks.dtype.name) are not the blocks of "
          + "\(tensor.elementCount) elements")
    }
    sum([Self.address(of: blocks)], count: tensor.elementCount, to: Self.address(of: tensor), dtype, factor: 1)
  }

  // MARK: Pieces in memory

  /// Blocks at an address, which must be a multiple of four.
  private func coded(_ address: UnsafeMutableRawPointer?, count: Int) -> ck_coded {
    ck_coded(
      codes: address.map { ($0 + scaleBytes(of: count)).assumingMemoryBound(to: UInt8.self) },
      scales: address?.assumingMemoryBound(to: Float.self))
  }

  /// What a quantisation has lost, at an address: 8-bit blocks of groups of the same length.
  struct Feedback {
    let errors: UnsafeMutableRawPointer?
    let beta: Double
  }

  /// The format of what is lost.
  var errorFormat: BlockFormat { BlockFormat(width: .int8, groupLength: groupLength) }

  /// Quantises elements.
  func write(
    _ values: UnsafeMutableRawPointer?, _ dtype: ck_dtype, count: Int, to blocks: UnsafeMutableRawPointer?,
    feedback: Feedback?
  ) {
    withFeedback(feedback, count: count) { feedback in
      ck_quantize_groups(
        coded(blocks, count: count), values, dtype, Int64(count), grouping, feedback, .best, Self.executor)
    }
  }

  /// `factor` times the sum of blocks, quantised again.
  func write(
    sumOf sources: [UnsafeMutableRawPointer?], factor: Double, count: Int, to blocks: UnsafeMutableRawPointer?,
    feedback: Feedback?
  ) {
    withFeedback(feedback, count: count) { feedback in
      ck_requantize_groups(
        coded(blocks, count: count), sources.map { coded($0, count: count) }, Int64(sources.count), Int64(count),
        grouping, factor, feedback, .best, Self.executor)
    }
  }

  /// `factor` times the sum of blocks, as elements.
  func sum(
    _ sources: [UnsafeMutableRawPointer?], count: Int, to values: UnsafeMutableRawPointer?, _ dtype: ck_dtype,
    factor: Double
  ) {
    ck_dequantize_groups(
      values, dtype, sources.map { coded($0, count: count) }, Int64(sources.count), Int64(count), grouping, factor,
      .best, Self.executor)
  }

  /// Multiplies the elements of blocks by a factor.
  func scale(_ blocks: UnsafeMutableRawPointer?, count: Int, by factor: Double) {
    guard let scales = coded(blocks, count: count).scales else { return }
    for group in 0..<Int(ck_group_count(grouping, Int64(count))) { scales[group] *= Float(factor) }
  }

  private func withFeedback(
    _ feedback: Feedback?, count: Int, _ body: (UnsafePointer<ck_error_feedback>?) -> Void
  ) {
    guard let feedback else { return body(nil) }
    let errors = ck_error_feedback(
      error: errorFormat.coded(feedback.errors, count: count), beta: feedback.beta)
    withUnsafePointer(to: errors) { body($0) }
  }

  /// The kernels' loops run on libtorch's own threads.
  private static var executor: ck_executor { ck_executor(run: Torch.parallelFor, context: nil) }

  /// The first byte of a tensor, which the caller keeps alive.
  static func address(of tensor: Tensor) -> UnsafeMutableRawPointer? {
    tensor.withUnsafeMutableBytes(\.baseAddress)
  }

  /// Bytes, all zero.
  static func bytes(_ count: Int) throws(CollectiveError) -> Tensor {
    do throws(TorchError) { return try Tensor.zeros([count], dtype: .uint8) } catch { throw .tensor(error) }
  }

  /// Bytes to be written to.
  static func memory(_ count: Int) throws(CollectiveError) -> Tensor {
    do throws(TorchError) { return try Tensor.empty([count], dtype: .uint8) } catch { throw .tensor(error) }
  }

  /// The kernels' name of a tensor's dtype.
  static func kernelDType(of tensor: Tensor) throws(CollectiveError) -> ck_dtype {
    guard tensor.device == .cpu, tensor.isContiguous else {
      throw .invalidArgument(
        operation: "quantisation",
        reason: "a tensor on \(tensor.device) with strides \(tensor.strides): it must be contiguous on the CPU")
    }
    switch tensor.dtype {
    case .float32: return .float32
    case .float16: return .float16
    case .bfloat16: return .bfloat16
    default:
      throw .invalidArgument(
        operation: "quantisation",
        reason: "a tensor of \(tensor.dtype.name), expected float32, bfloat16 or float16")
    }
  }
}
