/// The first place where a text stops being JSON.
struct JSONSyntaxError: Error, Equatable {
  /// Byte offset of the offending character.
  let offset: Int
  /// What stands there.
  let found: String
  /// What may stand there.
  let expected: String
}
