/// Renders effective values for people and for programs.
public struct EffectiveValuesTable: Sendable {
  private let values: [EffectiveValue]

  /// A table of `values`.
  public init(_ values: [EffectiveValue]) { self.values = values }

  /// Aligned columns of key, value and origin: first the sections in which something is set, then the others.
  public var text: String {
    let groups = grouped()
    var lines: [String] = []
    for (isSet, title) in [(true, "Settings in use"), (false, "Sections left at their defaults")] {
      let chosen = groups.filter { $0.isSet == isSet }
      guard !chosen.isEmpty else { continue }
      lines.append(title)
      for group in chosen {
        lines.append("")
        lines.append("  " + (group.name.isEmpty ? "top level" : group.name))
        lines += rows(group.values).map { "    " + $0 }
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  /// An array of objects with `path`, `value`, `origin` and, where known, `file`, `line`, `column`, `source`,
  /// and `no_effect` with the reason where a setting changes nothing.
  public var json: String {
    let rows = values.map { value in
      let remark = value.noEffect.map { ", \"no_effect\": \($0.quotedAsJSON)" } ?? ""
      let start = "  {\"path\": \(value.path.description.quotedAsJSON), \"value\": \(value.text)" + remark
      return switch value.origin {
      case .file(let file, let place):
        start + ", \"origin\": \"file\", \"file\": \(file.quotedAsJSON), \"line\": \(place.line), "
          + "\"column\": \(place.column)}"
      case .argument(let source): start + ", \"origin\": \"argument\", \"source\": \(source.quotedAsJSON)}"
      case .computed(let source): start + ", \"origin\": \"computed\", \"source\": \(source.quotedAsJSON)}"
      case .default: start + ", \"origin\": \"default\"}"
      }
    }
    return "[\n" + rows.joined(separator: ",\n") + "\n]"
  }

  /// Key, value and origin in columns as wide as these rows need. The JSON has long values whole.
  private func rows(_ values: [EffectiveValue]) -> [String] {
    let texts = values.map { $0.text.count > 48 ? $0.text.prefix(45) + "..." : $0.text }
    let keyWidth = values.map { $0.path.description.count }.max() ?? 0
    let valueWidth = texts.map(\.count).max() ?? 0
    return zip(values, texts).map { value, text in
      "\(value.path.description.padded(to: keyWidth))  \(text.padded(to: valueWidth))  \(value.origin)"
        + (value.noEffect.map { "; no effect: \($0)" } ?? "")
    }
  }

  private struct Group {
    let name: String
    var values: [EffectiveValue]
    var isSet: Bool { values.contains { $0.origin != .default } }
  }

  /// The values by their first name, settings of the top level together at the front.
  private func grouped() -> [Group] {
    var groups = [Group(name: "", values: [])]
    var indexes: [String: Int] = ["": 0]
    for value in values {
      let path = value.path.description
      let end = path.firstIndex { $0 == "." || $0 == "[" }
      let name = end.map { String(path[..<$0]) } ?? ""
      if let index = indexes[name] {
        groups[index].values.append(value)
      } else {
        indexes[name] = groups.count
        groups.append(Group(name: name, values: [value]))
      }
    }
    return groups.filter { !$0.values.isEmpty }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
