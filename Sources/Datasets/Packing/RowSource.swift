/// How many rows are there, as far as it is known.
struct RowAvailability: Sendable, Equatable {
  /// Rows that can be read.
  var count: Int
  /// No more will follow.
  var isComplete: Bool
}

/// The rows of a data file in their order, some of which may still be in the making.
protocol RowSource: AnyObject, Sendable {
  /// The file, for messages.
  var path: String { get }
  /// Equal for equal rows: content, kind and length.
  var fingerprint: String { get }

  /// Waits until so many rows are there, or nothing will follow.
  ///
  /// - Throws: `DatasetError`, `CancellationError`, what the tokenizer throws.
  func availability(atLeast count: Int, unless cancellation: Cancellation) throws -> RowAvailability

  /// What is lost of the samples, once all rows are there.
  var losses: TokenBuffer.Losses { get }

  /// A row that `availability` has reported.
  ///
  /// - Throws: `DatasetError` of kind `tokenOutOfRange`.
  func row(_ index: Int) throws -> TokenRow
}

extension RowSource {
  var losses: TokenBuffer.Losses { TokenBuffer.Losses() }
}
