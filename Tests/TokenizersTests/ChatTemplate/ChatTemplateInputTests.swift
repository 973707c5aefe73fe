import Testing

@testable import Tokenizers

/// Templates that are damaged, or that mean no good.
@Suite struct ChatTemplateInputTests {
  private func sources() throws -> [String] {
    let root = try JSONDocument(Fixture.bytes("chat_templates.json"), name: "test").root
    let all = try root.required("conversations").elements + root.required("snippets").elements
    return all.compactMap { $0["source"]?.string }
  }

  @Test("A template changed anywhere is an error or a template, never a crash")
  func damage() throws {
    var source = SplitMix(state: 9)
    let messages = [ChatMessage(role: "user", content: "a"), ChatMessage(role: "assistant", content: "b")]
    let parts = [
      "{{", "}}", "{%", "%}", "{#", "-", "|", "(", ")", "[", "]", "'", "for", "if", "set", "endfor", ".", "~",
      ":", "1",
    ]
    for text in try sources() {
      for _ in 0..<12 {
        var scalars = Array(text.unicodeScalars)
        if scalars.isEmpty { continue }
        for _ in 0..<2 {
          let index = Int.random(in: 0..<scalars.count, using: &source)
          let part = parts.randomElement(using: &source) ?? ""
          let end = min(scalars.count, index + Int.random(in: 0...3, using: &source))
          scalars.replaceSubrange(index..<end, with: part.unicodeScalars)
        }
        _ = try? ChatTemplate(TemplateLexer.string(scalars)).render(messages, addGenerationPrompt: true)
      }
    }
  }

  @Test(
    "A template without end or bounds is stopped",
    arguments: [
      "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
      "{{ range(100000000) | list }}", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{{ 'a' * 1000000000 }}",
      "{{ 'a' | center(1000000000) }}", "{{ 9223372036854775807 + 1 }}", "{{ 2 ** 64 }}",
      "{{ -9223372036854775807 - 2 }}",
      "{{ 9223372036854775807 * 2 }}",
      "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      "{% set n = namespace(x=[]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
      "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
      "{{ ('a' * 99999) | replace('a', 'b' * 999) }}", "{{ (['a' * 9999] * 9999) | join }}",
      "{{ ('a\n' * 99999) | indent(60000) }}",
      "{{ ([[[1] * 49] * 99] * 99) | tojson(indent=1000) }}",
      "{% macro f() %}{{ [[[[[[[[[[[[[[[[[[[[f()]]]]]]]]]]]]]]]]]]]] }}{% endmacro %}{{ f() }}",
      "{% set x = 'aaaaaaaaaaaaaaaa' * 100000 %}{% for i in range(1000) %}{{ x }}{% endfor %}",
    ])
  func limits(source: String) {
    let error = #expect(throws: TemplateError.self) { try ChatTemplate(source).render([]) }
    #expect(error?.kind == .limit, "\(error.debugDescription)")
  }

  @Test(
    "Nesting without end is an error of syntax or of limits",
    arguments: ["(", "[", "{'a':", "-", "not ", "a if ", "{% if a %}"])
  func nesting(part: String) {
    let body = String(repeating: part, count: 5000)
    #expect(throws: TemplateError.self) { try ChatTemplate(part.hasPrefix("{%") ? body : "{{ \(body)") }
  }

  @Test("Integers at the edge of what they hold neither trap nor wrap")
  func edges() throws {
    let text = try ChatTemplate(
      "{{ -9223372036854775807 // -1 }} {{ 5 % -1 }} {{ 'ab'[-9223372036854775807:] }} "
        + "{{ [1,2][::9223372036854775807] }} {{ [1,2][9223372036854775807] }}|"
        + "{{ -9223372036854775807 | abs }} {{ 1e300 | int }} {{ '7' | int(9) }}"
    ).render([])
    #expect(text == "9223372036854775807 0 ab [1] |9223372036854775807 0 7")
  }

  @Test("The line of an error is the line of its tag")
  func lines() {
    let error = #expect(throws: TemplateError.self) {
      try ChatTemplate("a\n{# b\n c #}\n{% if true %}\n{{ 'x'\n ~ y.z }}{% endif %}").render([])
    }
    #expect(error?.line == 5 && error?.kind == .undefined)
    let syntax = #expect(throws: TemplateError.self) { try ChatTemplate("\n\n{{ a\n b }}") }
    #expect(syntax?.line == 4 && syntax?.message == "expected an operator or '}}', found 'b'")
  }

  @Test("Messages carry whatever a template asks for, and JSON keeps its order")
  func messages() throws {
    let call: TemplateValue = [
      "role": "assistant", "calls": [["name": "f", "n": 2, "x": 1.5, "y": nil, "z": true]],
    ]
    let template = try ChatTemplate(
      "{% for m in messages %}{{ m.role }} {{ m.calls | tojson }}{% endfor %}{{ tools | tojson }}{{ q }}")
    let tools = try TemplateValue(json: Array(#"{"b": 1, "a": [1.0, "\u00e9"]}"#.utf8))
    let text = try template.render([ChatMessage(call)], tools: [tools], variables: ["q": "!"])
    let expected = #"assistant [{"name": "f", "n": 2, "x": 1.5, "y": null, "z": true}][{"b": 1, "a": [1.0, ""#
    #expect(text == expected + "\u{E9}\"]}]!")
  }
}
