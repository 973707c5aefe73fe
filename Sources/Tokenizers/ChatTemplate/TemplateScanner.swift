/// Cuts the inside of one tag into tokens.
struct TemplateScanner {
  let source: [Unicode.Scalar]
  private(set) var position: Int
  private var line: Int
  private(set) var tokens: [TemplateToken] = []
  private var openBrackets: [Unicode.Scalar] = []

  private static let doubleSymbols: Set<String> = ["==", "!=", "<=", ">=", "//", "**"]

  init(source: [Unicode.Scalar], position: Int, line: Int) {
    self.source = source
    self.position = position
    self.line = line
  }

  /// - Returns: The place of the tag's closing sign.
  mutating func scan(isOutput: Bool) throws(TemplateError) -> Int {
    while position < source.count {
      if openBrackets.isEmpty, let close = close(isOutput: isOutput) { return close }
      let scalar = source[position]
      if scalar.properties.isWhitespace {
        if scalar == "\n" { line += 1 }
        position += 1
      } else if scalar == "\"" || scalar == "'" {
        try string(quote: scalar)
      } else if isDigit(position) {
        try number()
      } else if isNameStart(scalar) {
        name()
      } else {
        try symbol()
      }
    }
    throw TemplateError(
      .syntax, line: line, "expected '\(isOutput ? "}}" : "%}")', found the end of the template")
  }

  private func close(isOutput: Bool) -> Int? {
    let first: Unicode.Scalar = isOutput ? "}" : "%"
    var index = position
    if source[index] == "-" || source[index] == "+" { index += 1 }
    guard index + 1 < source.count, source[index] == first, source[index + 1] == "}" else { return nil }
    return index
  }

  private mutating func add(_ kind: TemplateToken.Kind) {
    tokens.append(TemplateToken(kind: kind, line: line))
  }

  private func isDigit(_ index: Int) -> Bool {
    index < source.count && source[index].value >= 0x30 && source[index].value <= 0x39
  }

  private func isNameStart(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || scalar.properties.isXIDStart }

  private mutating func name() {
    let start = position
    while position < source.count, source[position] == "_" || source[position].properties.isXIDContinue {
      position += 1
    }
    add(.name(TemplateLexer.string(source[start..<position])))
  }

  private mutating func digits() -> String {
    var text = ""
    while isDigit(position) || (position < source.count && source[position] == "_" && isDigit(position + 1)) {
      if source[position] != "_" { text.unicodeScalars.append(source[position]) }
      position += 1
    }
    return text
  }

  private mutating func number() throws(TemplateError) {
    var text = digits()
    var isDouble = false
    if position < source.count, source[position] == ".", isDigit(position + 1) {
      isDouble = true
      position += 1
      text += "." + digits()
    }
    if position < source.count, source[position] == "e" || source[position] == "E" {
      let hasSign =
        position + 1 < source.count && (source[position + 1] == "-" || source[position + 1] == "+")
      if isDigit(position + (hasSign ? 2 : 1)) {
        isDouble = true
        text += "e" + (hasSign ? String(source[position + 1]) : "")
        position += hasSign ? 2 : 1
        text += digits()
      }
    }
    if isDouble, let value = Double(text) {
      add(.double(value))
    } else if let value = Int(text) {
      add(.int(value))
    } else {
      throw TemplateError(.syntax, line: line, "the number \(text) is too large")
    }
  }

  private mutating func symbol() throws(TemplateError) {
    let scalar = source[position]
    if position + 1 < source.count {
      let double = String(scalar) + String(source[position + 1])
      if Self.doubleSymbols.contains(double) {
        add(.symbol(double))
        position += 2
        return
      }
    }
    switch scalar {
    case "(": openBrackets.append(")")
    case "[": openBrackets.append("]")
    case "{": openBrackets.append("}")
    case ")", "]", "}":
      guard openBrackets.popLast() == scalar else {
        throw TemplateError(.syntax, line: line, "this '\(scalar)' closes nothing")
      }
    case "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",": break
    default: throw TemplateError(.syntax, line: line, "expected an expression, found '\(scalar)'")
    }
    add(.symbol(String(scalar)))
    position += 1
  }

  private mutating func string(quote: Unicode.Scalar) throws(TemplateError) {
    let startLine = line
    position += 1
    var value: [Unicode.Scalar] = []
    while position < source.count, source[position] != quote {
      if source[position] == "\n" { line += 1 }
      if source[position] == "\\", position + 1 < source.count {
        escape(into: &value)
      } else {
        value.append(source[position])
        position += 1
      }
    }
    guard position < source.count else {
      throw TemplateError(.syntax, line: startLine, "this string is not closed")
    }
    position += 1
    tokens.append(TemplateToken(kind: .string(TemplateLexer.string(value)), line: startLine))
  }

  /// One escape with its backslash. An unknown one stands for itself, backslash and all.
  private mutating func escape(into value: inout [Unicode.Scalar]) {
    let scalar = source[position + 1]
    position += 2
    switch scalar {
    case "n": value.append("\n")
    case "t": value.append("\t")
    case "r": value.append("\r")
    case "b": value.append("\u{8}")
    case "f": value.append("\u{C}")
    case "v": value.append("\u{B}")
    case "a": value.append("\u{7}")
    case "\\", "'", "\"": value.append(scalar)
    case "\n": line += 1
    case "x": codePoint(digits: 2, radix: 16, after: scalar, into: &value)
    case "u": codePoint(digits: 4, radix: 16, after: scalar, into: &value)
    case "U": codePoint(digits: 8, radix: 16, after: scalar, into: &value)
    case "0"..."7":
      position -= 1
      codePoint(digits: 3, radix: 8, after: nil, into: &value)
    default: value += ["\\", scalar]
    }
  }

  private mutating func codePoint(
    digits: Int, radix: UInt32, after letter: Unicode.Scalar?, into value: inout [Unicode.Scalar]
  ) {
    var number: UInt32 = 0
    var count = 0
    while count < digits, position + count < source.count,
      let digit = PatternParser.digit(source[position + count], radix: radix)
    {
      number = number &* radix &+ digit
      count += 1
    }
    guard letter == nil || count == digits, let scalar = Unicode.Scalar(number) else {
      value.append("\\")
      if let letter { value.append(letter) }
      return
    }
    value.append(scalar)
    position += count
  }
}
