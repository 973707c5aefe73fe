/// The dotted name of a parameter, buffer or module inside a module tree, such as
/// `model.layers.0.self_attn.q_proj.weight`. The root module's own path is empty.
///
/// Paths keep the spelling of the published checkpoints, so that the same names serve weight files, parameter
/// groups, freezing patterns and error messages.
public struct ParameterPath: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The dotted text.
  public let description: String

  /// The path with this dotted text.
  public init(_ text: String) { description = text }

  /// The path with this dotted text.
  public init(stringLiteral value: String) { description = value }

  /// The path of the tree's own root.
  public static let root = ParameterPath("")

  /// The path one level below, or several when `name` holds dots; an empty `name` yields the path itself.
  public func appending(_ name: String) -> ParameterPath {
    if name.isEmpty { return self }
    return description.isEmpty ? ParameterPath(name) : ParameterPath("\(description).\(name)")
  }

  /// The parts between the dots, outermost first.
  public var components: [Substring] { description.split(separator: ".") }

  /// True when the whole path fits `pattern`, in which `*` stands for any run of characters, dots included,
  /// and `?` for any one character: `*.bias`, `model.layers.0.*`, `model.embed_tokens.weight`.
  public func matches(_ pattern: String) -> Bool {
    Glob.matches(Array(description.utf8), Array(pattern.utf8))
  }

  /// Orders paths by their text.
  public static func < (left: ParameterPath, right: ParameterPath) -> Bool {
    left.description < right.description
  }
}

/// Shell-like patterns over bytes.
enum Glob {
  /// True when `pattern` covers all of `text`. Linear in `text` for each star: on a mismatch only the last
  /// star takes one more byte.
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var position = 0
    var next = 0
    var star: Int?
    var starPosition = 0
    while position < text.count {
      if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
        star = next
        starPosition = position
        next += 1
      } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") || pattern[next] == text[position] {
        position += 1
        next += 1
      } else if let star {
        starPosition += 1
        position = starPosition
        next = star + 1
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
