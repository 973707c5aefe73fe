import Testing

@testable import RunSettings

@Suite struct EffectiveValuesTests {
  private static let text = """
    {
      "train_batch_size": 32,
      "my_key": 1,
      "bf16": {"enabled": true},
      "optimizer": {"type": "AdamW", "params": {"lr": 3e-4}},
      "zero_optimization": {"stage": 2, "cpu_offload": false},
      "amp": {"level": "x"}
    }
    """

  private static func value(_ path: String) throws -> EffectiveValue? {
    try plan(text).effectiveValues.first { $0.path.description == path }
  }

  @Test("Every declared key is listed once, deprecated names are not")
  func everyKey() throws {
    let listed = try plan(Self.text).effectiveValues.map(\.path.description)
    #expect(Set(listed).count == listed.count)
    let plain = SchemaWalk.sections.filter { !$0.path.contains("(") && !$0.path.contains("*") }
    for section in plain {
      for member in section.layout.members {
        let path = section.path.isEmpty ? member.name : section.path + "." + member.name
        switch member.kind {
        case .value: #expect(listed.contains(path), "\(path)")
        case .deprecated: #expect(!listed.contains(path), "\(path)")
        default: break
        }
      }
    }
    #expect(listed.contains("optimizer.params.betas"))
    #expect(listed.contains("amp.level"))
  }

  @Test("Each value says where it comes from")
  func origins() throws {
    let file = "inline configuration"
    #expect(try Self.value("train_batch_size")?.origin == .file(file, TextPlace(line: 2, column: 23)))
    #expect(try Self.value("optimizer.params.lr")?.origin == .file(file, TextPlace(line: 5, column: 51)))
    #expect(try Self.value("optimizer.params.lr")?.text == "0.0003")
    #expect(try Self.value("train_micro_batch_size_per_gpu")?.origin == .computed("32 / 2 ranks"))
    #expect(try Self.value("communication_data_type")?.text == "\"bf16\"")
    #expect(try Self.value("communication_data_type")?.origin == .computed("type of the model"))
    #expect(try Self.value("zero_optimization.overlap_comm")?.text == "false")
    #expect(try Self.value("fp16.loss_scale")?.origin == .default)
    #expect(try Self.value("my_key") == nil)
  }

  @Test("The table shows sections in use first and every key once")
  func table() throws {
    let values = try plan(Self.text).effectiveValues
    let text = EffectiveValuesTable(values).text
    let lines = text.split(separator: "\n")
    let rows = lines.filter { $0.hasPrefix("    ") }
    #expect(rows.count == values.count)
    let used = try #require(text.firstRange(of: "Settings in use"))
    let unused = try #require(text.firstRange(of: "Sections left at their defaults"))
    let zero = try #require(text.firstRange(of: "zero_optimization.stage"))
    let fp16 = try #require(text.firstRange(of: "fp16.enabled"))
    #expect(used.lowerBound < zero.lowerBound && zero.lowerBound < unused.lowerBound)
    #expect(unused.lowerBound < fp16.lowerBound)
    #expect(
      lines.contains { $0.contains("zero_optimization.stage") && $0.hasSuffix("inline configuration:6") })
    let batch = rows.prefix(2).map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(batch[0].prefix(2) == ["train_batch_size", "32"])
    let columns = rows.prefix(5).map { row in row.firstRange(of: "default")?.lowerBound.utf16Offset(in: row) }
    #expect(Set(columns.compactMap { $0 }).count <= 1)
  }

  @Test("The JSON form has every value whole and can be read back")
  func json() throws {
    let values = try plan(Self.text).effectiveValues
    let document = try JSONDocument(parsing: EffectiveValuesTable(values).json, file: "t")
    guard case .array(let rows) = document.root.value else {
      Issue.record("not an array")
      return
    }
    #expect(rows.count == values.count)
    let first = try #require(rows.first?.members)
    #expect(first.map(\.key) == ["path", "value", "origin", "file", "line", "column"])
    #expect(document.duplicateKeys().isEmpty)
    let origins = Set(rows.compactMap { $0.members?.first { $0.key == "origin" }?.node.string })
    #expect(origins == ["file", "computed", "default"])
  }
}
