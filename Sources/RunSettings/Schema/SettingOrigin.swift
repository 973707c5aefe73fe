/// Where the value of a setting comes from.
public enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
  /// Written in a configuration.
  case file(String, TextPlace)
  /// Given by the program or a command-line flag.
  case argument(String)
  /// Worked out from other values; the text says which.
  case computed(String)
  /// The default of the key.
  case `default`

  /// Words such as `ds.json:4`, `computed: 32 / (16 x 2 ranks)` or `default`.
  public var description: String {
    switch self {
    case .file(let name, let place): "\(name):\(place.line)"
    case .argument(let name): "argument: \(name)"
    case .computed(let source): "computed: \(source)"
    case .default: "default"
    }
  }

  /// The origin of a default that stands in for an `"auto"` which the run says nothing about.
  static let settledAuto = SettingOrigin.computed("\"auto\", the default")

  /// Line and column when the value was written in a text.
  var place: TextPlace? {
    if case .file(_, let place) = self { place } else { nil }
  }
}
