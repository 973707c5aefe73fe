/// Bounds on what a template may build up, so that a hostile one is refused before it takes all memory.
enum TemplateLimits {
  static let byteCount = 1 << 24
  static let elementCount = 1 << 20
  /// Values that nest deeper could not be taken apart again without running out of stack.
  static let depth = 128

  /// - Throws: `TemplateError` of kind `limit` if a text of that many bytes is too long.
  static func check(bytes: Int) throws(TemplateError) {
    if bytes > byteCount { throw TemplateError(.limit, "a text grows beyond \(byteCount >> 20) MiB") }
  }

  /// - Throws: `TemplateError` of kind `limit` if `count` texts of that many bytes are too long together.
  static func check(bytes: Int, times count: Int) throws(TemplateError) {
    let product = bytes.multipliedReportingOverflow(by: count)
    try check(bytes: product.overflow ? .max : product.partialValue)
  }

  /// - Throws: `TemplateError` of kind `limit` if a list of that many elements is too long.
  static func check(elements: Int) throws(TemplateError) {
    if elements > elementCount { throw TemplateError(.limit, "a list grows beyond \(elementCount) elements") }
  }

  /// Counts the values inside a value, one that is there twice twice.
  ///
  /// - Throws: `TemplateError` of kind `limit` if the value nests too deep or holds too much.
  static func size(of value: Value) throws(TemplateError) -> Int {
    var size = 0
    try add(value, depth: 0, to: &size)
    return size
  }

  private static func add(_ value: Value, depth: Int, to size: inout Int) throws(TemplateError) {
    size += 1
    if depth > Self.depth { throw TemplateError(.limit, "a value nests over \(Self.depth) levels deep") }
    try check(elements: size)
    switch value {
    case .list(let values), .tuple(let values):
      for value in values { try add(value, depth: depth + 1, to: &size) }
    case .dictionary(let dictionary):
      for entry in dictionary.entries { try add(entry.value, depth: depth + 1, to: &size) }
    case .method(let object, _): try add(object, depth: depth + 1, to: &size)
    default: break
    }
  }
}

extension Value {
  /// The work that making this value was, in steps of the interpreter.
  var weight: Int {
    switch self {
    case .string(let text): text.utf8.count >> 8
    case .list(let values), .tuple(let values): values.count >> 4
    default: 0
    }
  }
}
