/// A piece of template source.
struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    /// What is written out as it stands.
    case text(String)
    case outputStart, outputEnd
    case statementStart, statementEnd
    case name(String)
    case string(String)
    case int(Int)
    case double(Double)
    case symbol(String)
    case end
  }

  let kind: Kind
  let line: Int

  var description: String {
    switch kind {
    case .text: "text"
    case .outputStart: "'{{'"
    case .outputEnd: "'}}'"
    case .statementStart: "'{%'"
    case .statementEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string(let value): "the string '\(value)'"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the template"
    }
  }
}
