/// A value while a template runs. Its operations are those of Python's values, since templates are written
/// against them.
indirect enum Value: Sendable {
  /// What a name stands for that nothing has been assigned to; the text says which.
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([Value])
  case tuple([Value])
  case dictionary(ValueDictionary)
  /// An object that templates may assign attributes of: an index into the interpreter's namespaces.
  case namespace(Int)
  /// An index into the interpreter's macros.
  case macro(Int)
  case function(String)
  case method(Value, String)
  case loop(LoopState)

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  var typeName: String {
    switch self {
    case .undefined(let name): "undefined '\(name)'"
    case .none: "none"
    case .bool: "a boolean"
    case .int: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a mapping"
    case .namespace: "a namespace"
    case .macro, .function, .method: "a function"
    case .loop: "a loop"
    }
  }

  /// Whether a condition holds for this value.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let values), .tuple(let values): !values.isEmpty
    case .dictionary(let dictionary): !dictionary.entries.isEmpty
    case .namespace, .macro, .function, .method, .loop: true
    }
  }

  /// The number, where a boolean counts as 0 or 1.
  var integer: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    default: nil
    }
  }

  var number: Double? {
    if case .double(let value) = self { return value }
    return integer.map(Double.init)
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }

  /// The values that a loop runs over, or nil for what is no sequence.
  var elements: [Value]? {
    switch self {
    case .list(let values), .tuple(let values): values
    case .string(let text): text.unicodeScalars.map { .string(String($0)) }
    case .dictionary(let dictionary): dictionary.entries.map(\.key)
    case .undefined: []
    default: nil
    }
  }

  /// The number of elements, of a string its scalars.
  var count: Int? {
    switch self {
    case .string(let text): text.unicodeScalars.count
    case .list(let values), .tuple(let values): values.count
    case .dictionary(let dictionary): dictionary.entries.count
    case .undefined: 0
    default: nil
    }
  }

  func isEqual(_ other: Value) -> Bool {
    if let left = integer, let right = other.integer { return left == right }
    if let left = number, let right = other.number { return left == right }
    switch (self, other) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return left.elementsEqual(right) { $0.isEqual($1) }
    case (.dictionary(let left), .dictionary(let right)):
      return left.entries.count == right.entries.count
        && left.entries.allSatisfy { entry in right[entry.key].map { entry.value.isEqual($0) } ?? false }
    case (.namespace(let left), .namespace(let right)), (.macro(let left), .macro(let right)):
      return left == right
    default: return false
    }
  }

  /// Whether this value is smaller; nil if the two have no order.
  func isLess(than other: Value) -> Bool? {
    if let left = integer, let right = other.integer { return left < right }
    if let left = number, let right = other.number { return left < right }
    switch (self, other) {
    case (.string(let left), .string(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (first, second) in zip(left, right) where !first.isEqual(second) {
        return first.isLess(than: second)
      }
      return left.count < right.count
    default: return nil
    }
  }

  /// Whether the value is in this one: a part of a string, an element, or a key; nil if this holds nothing.
  func contains(_ value: Value) -> Bool? {
    switch self {
    case .string(let text): return value.text.map { PythonText.find($0, in: text) != nil }
    case .dictionary(let dictionary): return dictionary[value] != nil
    default: return elements?.contains { $0.isEqual(value) }
    }
  }
}

/// A mapping that keeps the order in which keys were first set, as Python's does.
struct ValueDictionary: Sendable {
  private(set) var entries: [(key: Value, value: Value)] = []

  init() {}

  init(_ entries: [(Value, Value)]) {
    for (key, value) in entries { self[key] = value }
  }

  subscript(key: Value) -> Value? {
    get { entries.first { $0.key.isEqual(key) }?.value }
    set {
      let index = entries.firstIndex { $0.key.isEqual(key) }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append((key, value))
      case (nil, nil): break
      }
    }
  }

  subscript(key: String) -> Value? { self[.string(key)] }
}

/// What `loop` tells inside a loop.
struct LoopState: Sendable {
  let index: Int
  let count: Int
  let depth: Int
  let previous: Value
  let next: Value

  func attribute(_ name: String) -> Value? {
    switch name {
    case "index": .int(index + 1)
    case "index0": .int(index)
    case "revindex": .int(count - index)
    case "revindex0": .int(count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == count - 1)
    case "length": .int(count)
    case "depth": .int(depth)
    case "depth0": .int(depth - 1)
    case "previtem": previous
    case "nextitem": next
    default: nil
    }
  }
}
