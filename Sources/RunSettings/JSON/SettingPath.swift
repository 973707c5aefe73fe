/// The way from the configuration's outermost braces to a value: `zero_optimization.offload_param.device`.
public struct SettingPath: Sendable, Hashable, CustomStringConvertible {
  /// The path as text; empty for the whole configuration.
  public let description: String

  /// The whole configuration.
  public init() { description = "" }

  /// The path spelled as text.
  public init(_ description: String) { self.description = description }

  /// The path of a member of this object. Names with unusual characters are put in brackets.
  public func appending(_ key: String) -> SettingPath {
    let isPlain = !key.isEmpty && key.utf8.allSatisfy { $0.isNameByte && $0 != UInt8(ascii: ".") }
    if !isPlain { return SettingPath(description + "[\(key.quotedAsJSON)]") }
    return SettingPath(description.isEmpty ? key : description + "." + key)
  }

  /// The path of an element of this list, counted from 0.
  public func appending(index: Int) -> SettingPath { SettingPath(description + "[\(index)]") }

  /// The last name of a path without brackets.
  var lastName: Substring { description.split(separator: ".").last ?? "" }
}
