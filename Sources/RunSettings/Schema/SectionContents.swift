/// What was written for one section, without Swift types.
struct SectionContents: Sendable {
  enum Content: Sendable {
    case value(any SettingValue)
    /// The word `auto`: the default, unless the run knows better.
    case auto
    /// Something was written that could not be read; the default stands in.
    case unreadable
    case section(SectionContents)
    case named([(name: String, contents: SectionContents)])
  }

  struct Slot: Sendable {
    var content: Content
    var origin: SettingOrigin
  }

  /// By the declared name of the member.
  var slots: [String: Slot] = [:]
  /// Keys that are not declared, in sections that keep them.
  var others: [(name: String, node: JSONNode, origin: SettingOrigin)] = []
  /// Whether the object itself was written, even if empty.
  var isWritten = false

  /// The contents of an object inside this one; empty when nothing was written.
  func section(_ name: String) -> SectionContents {
    if case .section(let contents) = slots[name]?.content { contents } else { SectionContents() }
  }

  /// Marks every `"auto"` that is left as standing for its default.
  mutating func settleAuto() {
    for (name, slot) in slots {
      switch slot.content {
      case .auto: slots[name]?.origin = .settledAuto
      case .section(var inner):
        inner.settleAuto()
        slots[name]?.content = .section(inner)
      default: break
      }
    }
  }

  /// The keys that the word under `chooser` asks for; nil when there is no such word.
  func variantLayout(_ chooser: String, _ layout: (String) -> SectionLayout?) -> SectionLayout? {
    guard case .value(let choice) = slots[chooser]?.content else { return nil }
    return layout(choice.text.filter { $0 != "\"" })
  }

  /// The slot at the end of a path of names.
  func slot(at names: some Collection<Substring>) -> Slot? {
    guard let first = names.first else { return nil }
    let slot = slots[String(first)]
    if names.count == 1 { return slot }
    guard case .section(let inner) = slot?.content else { return nil }
    return inner.slot(at: names.dropFirst())
  }
}
