import Glibc
import Testing

@testable import RunSettings

/// The key tables of docs/configuration.md, made from the declarations and their doc comments.
enum Manual {
  static let start = "<!-- keys: made from Sources/RunSettings/Sections -->"
  static let end = "<!-- end of keys -->"

  static func tables() throws -> String {
    let meanings = try Meanings()
    var seen: Set<String> = []
    var parts: [String] = []
    let inference = SchemaWalk.inferenceSections.filter { section in
      !SchemaWalk.sections.contains { $0.layout.typeName == section.layout.typeName }
    }
    for section in SchemaWalk.sections + inference {
      guard seen.insert(section.path + section.layout.typeName).inserted else { continue }
      let rows = section.layout.members.compactMap { row($0, section, meanings) }
      guard !rows.isEmpty else { continue }
      let title = section.path.isEmpty ? "Top level" : "`\(section.path)`"
      parts.append(
        "### \(title)\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
          + rows.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func row(_ member: MemberLayout, _ section: SchemaSection, _ meanings: Meanings) -> String? {
    let path = section.path.isEmpty ? member.name : section.path + "." + member.name
    let names = ([member.name] + member.aliases).map { "`\($0)`" }.joined(separator: ", ")
    let meaning = meanings[section.layout.typeName, member.label]
    switch member.kind {
    case .value(let value):
      let limits = value.allowed.map { ", \($0.text)" } ?? ""
      let later = LaterFeatures.all.contains { $0.path == path } ? " *Not yet supported.*" : ""
      let idle = withoutEffect(path).map { " *No effect: \($0).*" } ?? ""
      return "| \(names) | \(value.expectation)\(limits) | `\(value.defaultText)` | \(meaning)\(later)\(idle) |"
    case .deprecated: return "| \(names) | deprecated | | \(meaning) |"
    case .section, .named, .variant:
      let later = LaterFeatures.all.contains { $0.path == path } ? " *Not yet supported.*" : ""
      return "| \(names) | object | | \(meaning)\(later) |"
    }
  }
}

extension Manual {
  /// Why a key of the run's configuration changes nothing; variants carry their word in the path.
  fileprivate static func withoutEffect(_ path: String) -> String? {
    guard !path.hasPrefix("init_inference"), !path.hasPrefix("ragged") else { return nil }
    let plain = path.split(separator: "(").map { $0.split(separator: ")").last ?? "" }
    return SettingsWithoutEffect.reason(for: SettingPath(plain.joined()))
  }
}

/// The doc comments of the declarations, read from the sources.
struct Meanings {
  private var texts: [String: String] = [:]

  init() throws {
    let folder = packageFolder() + "/Sources/RunSettings/Sections"
    let stream = try #require(opendir(folder))
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".swift") { try read(folder + "/" + name) }
    }
  }

  subscript(type: String, label: String) -> String { texts["\(type).\(label)"] ?? "" }

  private mutating func read(_ path: String) throws {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var type = ""
    var comment: [Substring] = []
    var buffer = [CChar](repeating: 0, count: 1000)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      let line = String(decoding: bytes, as: UTF8.self).drop { $0 == " " }
      let words = line.split { " =:\n".contains($0) }
      if line.hasPrefix("/// ") {
        comment.append(line.dropFirst(4).prefix { $0 != "\n" })
        continue
      }
      if words.prefix(2) == ["public", "struct"], words.count > 2 { type = String(words[2]) }
      if words.prefix(2) == ["public", "let"], words.count > 2 {
        texts["\(type).\(words[2])"] = comment.joined(separator: " ")
      }
      comment = []
    }
  }
}

@Suite struct ManualTests {
  @Test("The key tables of docs/configuration.md are those of the declarations")
  func tables() throws {
    let path = packageFolder() + "/docs/configuration.md"
    let file = try #require(fopen(path, "r"), "docs/configuration.md is missing")
    var bytes: [UInt8] = []
    var byte = fgetc(file)
    while byte != EOF {
      bytes.append(UInt8(truncatingIfNeeded: byte))
      byte = fgetc(file)
    }
    fclose(file)
    let text = String(decoding: bytes, as: UTF8.self)
    let start = try #require(text.firstRange(of: Manual.start + "\n\n"))
    let end = try #require(text.firstRange(of: "\n\n" + Manual.end))
    let expected = try Manual.tables()
    if getenv("DEEPSPEED_WRITE_MANUAL") != nil {
      let output = try #require(fopen(path, "w"))
      fputs(text[..<start.upperBound] + expected + text[end.lowerBound...], output)
      fclose(output)
    } else {
      let isSame = text[start.upperBound..<end.lowerBound] == expected
      #expect(isSame, "run this test with DEEPSPEED_WRITE_MANUAL=1 and commit the page")
    }
  }

  @Test("Every declared key has a meaning")
  func meanings() throws {
    let meanings = try Meanings()
    for section in SchemaWalk.sections + SchemaWalk.inferenceSections {
      for member in section.layout.members {
        let meaning = meanings[section.layout.typeName, member.label]
        #expect(
          meaning.count > 4 && meaning.hasSuffix("."),
          "\(section.layout.typeName).\(member.label): \(meaning)")
      }
    }
  }
}
