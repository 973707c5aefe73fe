import Testing

@testable import Tokenizers

/// Against Jinja 3.1 with the settings of `transformers`; see `tools/golden/chat_templates.py`.
@Suite struct ChatTemplateTests {
  /// The file of templates, variables and expectations.
  private struct Golden {
    let root: JSONNode
    let time: Int

    init() throws {
      root = try JSONDocument(Fixture.bytes("chat_templates.json"), name: "chat_templates.json").root
      time = try root.required("time").requiredInt()
    }

    func variables(_ node: JSONNode) throws -> [String: TemplateValue] {
      let bytes = node.document.bytes[node.byteRange]
      guard case .dictionary(let entries) = try TemplateValue(json: Array(bytes)) else { return [:] }
      return Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
    }
  }

  @Test("Conversations come out as the reference writes them, and are refused where it refuses them")
  func conversations() throws {
    let golden = try Golden()
    let bindings = try golden.root.required("bindings").elements.map { try golden.variables($0) }
    for node in try golden.root.required("conversations").elements {
      let name = try node.required("name").requiredString()
      let template = try ChatTemplate(node.required("source").requiredString())
      for entry in try node.required("cases").elements {
        let variables = try bindings[entry.required("variables").requiredInt()]
        let label = try "\(name): \(entry.required("name").requiredString())"
        let result = Result { () throws(TemplateError) in
          try template.render(variables: variables, time: golden.time)
        }
        check(result, entry, label)
      }
    }
  }

  @Test("Every operator, statement, filter, test and method gives what the reference gives")
  func snippets() throws {
    let golden = try Golden()
    let variables = try golden.variables(golden.root.required("variables"))
    for entry in try golden.root.required("snippets").elements {
      let source = try entry.required("source").requiredString()
      let result = Result { () throws(TemplateError) in
        try ChatTemplate(source).render(variables: variables, time: golden.time)
      }
      check(result, entry, source)
    }
  }

  private func check(_ result: Result<String, TemplateError>, _ entry: JSONNode, _ label: String) {
    switch result {
    case .success(let text):
      let expected = entry["expected"]?.string
      #expect(
        text.utf8.elementsEqual((expected ?? "").utf8) && expected != nil,
        "\(label)\n\(text)\n\(expected ?? "-")")
    case .failure(let error):
      #expect(entry["error"] != nil, "\(label): \(error)")
      if entry["error"]?.string == "raised" {
        #expect(error.kind == .raised, "\(label): \(error)")
        #expect(error.message == entry["message"]?.string)
      }
    }
  }

  @Test("A mistake is an error of the right kind that names its line")
  func mistakes() throws {
    let golden = try Golden()
    let variables = try golden.variables(golden.root.required("variables"))
    for entry in try golden.root.required("wrong").elements {
      let source = "line one\n" + (try entry.required("source").requiredString())
      let kind = try entry.required("kind").requiredString()
      let error = #expect(throws: TemplateError.self, "\(source)") {
        try ChatTemplate(source).render(variables: variables)
      }
      #expect(error.map { "\($0.kind)" } == kind, "\(source): \(error.debugDescription)")
      #expect(error?.line == 2, "\(source)")
    }
  }
}
