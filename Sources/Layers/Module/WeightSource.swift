public import Torch

/// What a weight file says about one of its tensors, known without reading the values.
public struct WeightEntry: Sendable, Equatable {
  /// The shape in row-major order, outermost dimension first.
  public let shape: [Int]
  /// The dtype of the tensor that ``WeightSource/tensor(named:)`` yields: the stored one, or float32 where
  /// the file holds quantised blocks.
  public let dtype: DType
  /// The stored format in the file's own spelling, such as `BF16` or `Q4_1`.
  public let format: String
  /// The very file that holds the tensor.
  public let file: String

  /// An entry with these facts.
  public init(shape: [Int], dtype: DType, format: String, file: String) {
    self.shape = shape
    self.dtype = dtype
    self.format = format
    self.file = file
  }
}

/// Named tensors in files: a safetensors folder, a GGUF file.
public protocol WeightSource: AnyObject {
  /// The folder or file, for messages.
  var location: String { get }

  /// The names of all tensors, in the order of the files.
  var names: [String] { get }

  /// What is known about the tensor of this name; nil when there is none.
  func entry(named name: String) -> WeightEntry?

  /// The tensor of this name on the CPU, or nil when there is none. It may share pages with the file: whoever
  /// writes to it clones it first.
  ///
  /// - Throws: the source's own typed errors for damaged data.
  func tensor(named name: String) throws -> Tensor?
}
