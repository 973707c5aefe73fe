/// Cuts template source into tokens, and applies the rules about white space around statements.
///
/// A line end behind a statement or a comment goes, and so do the spaces before one that starts its line; a
/// minus sign takes all white space on its side, and a plus sign keeps it.
///
/// Source: Jinja 3, with the settings `trim_blocks` and `lstrip_blocks` that chat templates are written for.
struct TemplateLexer {
  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var tokens: [TemplateToken] = []
  /// Whether the position is where a line starts, or only a removed line end is before it.
  private var isAtLineStart = true

  init(_ source: String) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(source.utf8.count)
    for scalar in source.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      if let last = scalars.last, last == "\r" { scalars[scalars.count - 1] = "\n" }
      scalars.append(scalar)
    }
    if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
    // One line end at the end of the file belongs to the file, not to the template.
    if scalars.last == "\n" { scalars.removeLast() }
    self.source = scalars
  }

  mutating func tokenize() throws(TemplateError) -> [TemplateToken] {
    while position < source.count { try section() }
    tokens.append(TemplateToken(kind: .end, line: line))
    return tokens
  }

  private func starts(_ text: StaticString, at index: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= source.count else { return false }
    for offset in 0..<count where source[index + offset] != Unicode.Scalar(text.utf8Start[offset]) {
      return false
    }
    return true
  }

  private func isTag(_ index: Int) -> Bool {
    starts("{{", at: index) || starts("{%", at: index) || starts("{#", at: index)
  }

  private mutating func advance(to index: Int) {
    line += source[position..<index].count { $0 == "\n" }
    position = index
  }

  private mutating func add(_ kind: TemplateToken.Kind) {
    tokens.append(TemplateToken(kind: kind, line: line))
  }

  /// The text up to the next tag, and that tag.
  private mutating func section() throws(TemplateError) {
    var end = position
    while end < source.count, !isTag(end) { end += 1 }
    addText(position..<end)
    guard position < source.count else { return }
    if starts("{#", at: position) {
      try comment()
    } else if starts("{%", at: position), let bodyStart = rawStart() {
      try raw(from: bodyStart)
    } else {
      try tag(isOutput: starts("{{", at: position))
    }
  }

  /// Adds text that a tag follows, less the white space that the tag takes.
  private mutating func addText(_ range: Range<Int>) {
    var end = range.upperBound
    let sign = end + 2 < source.count ? source[end + 2] : " "
    if end < source.count {
      if sign == "-" {
        while end > range.lowerBound, source[end - 1].properties.isWhitespace { end -= 1 }
      } else if sign != "+", !starts("{{", at: end) {
        end = withoutIndentation(range)
      }
    }
    if end > range.lowerBound { add(.text(Self.string(source[range.lowerBound..<end]))) }
    advance(to: range.upperBound)
  }

  /// Where a text ends once the spaces between its last line end and a tag are gone.
  private func withoutIndentation(_ range: Range<Int>) -> Int {
    var start = range.upperBound
    while start > range.lowerBound, source[start - 1] != "\n", source[start - 1].properties.isWhitespace {
      start -= 1
    }
    let startsLine = start > range.lowerBound ? source[start - 1] == "\n" : isAtLineStart
    return startsLine ? start : range.upperBound
  }

  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Where the tag ends that has its closing sign at `index`, with the white space that it takes.
  private func endOfTag(closedAt index: Int, takesLineEnd: Bool) -> Int {
    let sign = source[index - 1]
    var end = index + 2
    if sign == "-" {
      while end < source.count, source[end].properties.isWhitespace { end += 1 }
    } else if sign != "+", takesLineEnd, end < source.count, source[end] == "\n" {
      end += 1
    }
    return end
  }

  private mutating func finishTag(at end: Int) {
    isAtLineStart = source[end - 1] == "\n"
    advance(to: end)
  }

  private mutating func comment() throws(TemplateError) {
    var index = position + 2
    while index < source.count, !starts("#}", at: index) { index += 1 }
    guard index < source.count else {
      throw TemplateError(.syntax, line: line, "expected '#}' for this '{#'")
    }
    finishTag(at: endOfTag(closedAt: index, takesLineEnd: true))
  }

  /// Where the text of a raw block starts, if the tag at the position opens one.
  private func rawStart() -> Int? {
    guard let close = wordTag("raw", at: position) else { return nil }
    return endOfTag(closedAt: close, takesLineEnd: false)
  }

  /// The place of the `%}` of a tag that holds nothing but this word.
  private func wordTag(_ word: StaticString, at start: Int) -> Int? {
    var index = start + 2
    if index < source.count, source[index] == "-" || source[index] == "+" { index += 1 }
    while index < source.count, source[index].properties.isWhitespace { index += 1 }
    guard starts(word, at: index) else { return nil }
    index += word.utf8CodeUnitCount
    while index < source.count, source[index].properties.isWhitespace { index += 1 }
    if index < source.count, source[index] == "-" || source[index] == "+" { index += 1 }
    return starts("%}", at: index) ? index : nil
  }

  private mutating func raw(from start: Int) throws(TemplateError) {
    finishTag(at: start)
    var end = start
    while end < source.count {
      if starts("{%", at: end), let close = wordTag("endraw", at: end) {
        addText(start..<end)
        finishTag(at: endOfTag(closedAt: close, takesLineEnd: true))
        return
      }
      end += 1
    }
    throw TemplateError(.syntax, line: line, "expected '{% endraw %}' for this '{% raw %}'")
  }

  private mutating func tag(isOutput: Bool) throws(TemplateError) {
    add(isOutput ? .outputStart : .statementStart)
    position += 2
    if position < source.count, source[position] == "-" || source[position] == "+" { position += 1 }
    var scanner = TemplateScanner(source: source, position: position, line: line)
    let close = try scanner.scan(isOutput: isOutput)
    tokens += scanner.tokens
    advance(to: close)
    add(isOutput ? .outputEnd : .statementEnd)
    finishTag(at: endOfTag(closedAt: close, takesLineEnd: !isOutput))
  }
}
