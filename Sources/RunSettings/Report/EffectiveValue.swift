/// One setting of a plan: its path, its value and where the value comes from.
public struct EffectiveValue: Sendable, Equatable {
  /// JSON path, such as `zero_optimization.stage`.
  public let path: SettingPath
  /// The value as JSON text.
  public let text: String
  /// Where the value comes from.
  public let origin: SettingOrigin
  /// Why the setting is accepted and changes nothing; nil when it does something.
  public let noEffect: String?

  init(path: SettingPath, text: String, origin: SettingOrigin, noEffect: String? = nil) {
    self.path = path
    self.text = text
    self.origin = origin
    self.noEffect = noEffect
  }
}

extension RunPlan {
  /// Every key with its value, in the order of the manual.
  public var effectiveValues: [EffectiveValue] { config.settings.effectiveValues }
}

extension Settings {
  /// Every key with its value, in the order of the manual; `"auto"` stays until a plan settles it.
  public var effectiveValues: [EffectiveValue] {
    var values: [EffectiveValue] = []
    EffectiveValue.collect(contents, Keys.layout, at: SettingPath(), into: &values)
    // The paths of inference engines are others.
    guard Keys.self == RunKeys.self else { return values }
    return values.map { value in
      EffectiveValue(
        path: value.path, text: value.text, origin: value.origin,
        noEffect: SettingsWithoutEffect.reason(for: value.path))
    }
  }
}

extension EffectiveValue {
  fileprivate static func collect(
    _ contents: SectionContents, _ layout: SectionLayout, at path: SettingPath,
    into values: inout [EffectiveValue]
  ) {
    for member in layout.members {
      let inner = path.appending(member.name)
      let slot = contents.slots[member.name]
      switch member.kind {
      case .value(let layout): values.append(value(slot, layout, at: inner))
      case .section(let layout, _): collect(contents.section(member.name), layout(), at: inner, into: &values)
      case .named(let layout):
        guard case .named(let sections) = slot?.content else { continue }
        for section in sections {
          collect(section.contents, layout(), at: inner.appending(section.name), into: &values)
        }
      case .variant(let chooser, _, let layout):
        guard let layout = contents.variantLayout(chooser, layout) else { continue }
        collect(contents.section(member.name), layout, at: inner, into: &values)
      case .deprecated: break
      }
    }
    for other in contents.others {
      values.append(
        EffectiveValue(path: path.appending(other.name), text: other.node.text, origin: other.origin))
    }
  }

  private static func value(
    _ slot: SectionContents.Slot?, _ layout: ValueLayout, at path: SettingPath
  ) -> EffectiveValue {
    switch slot?.content {
    case .value(let value): EffectiveValue(path: path, text: value.text, origin: slot?.origin ?? .default)
    case .auto where slot?.origin == .settledAuto:
      EffectiveValue(path: path, text: layout.defaultText, origin: .settledAuto)
    case .auto: EffectiveValue(path: path, text: "\"auto\"", origin: slot?.origin ?? .default)
    default: EffectiveValue(path: path, text: layout.defaultText, origin: .default)
    }
  }
}
