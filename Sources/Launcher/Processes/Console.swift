/// The terminal or file that all ranks share.
struct Console {
  private static let eraseLine = Array("\u{1B}[K".utf8)
  let sink: OutputSink
  private var isOnRedrawnLine = false

  init(sink: OutputSink) { self.sink = sink }

  mutating func write(_ bytes: [UInt8], to stream: OutputStream) {
    if bytes.isEmpty { return }
    sink.write(isOnRedrawnLine && sink.isTerminal ? Self.eraseLine + bytes : bytes, to: stream)
    isOnRedrawnLine = bytes.last == UInt8(ascii: "\r")
  }

  /// Leaves a line that was redrawn in place, so that what follows stands below it.
  mutating func endRedrawnLine() {
    if isOnRedrawnLine { sink.write([UInt8(ascii: "\n")], to: .standardError) }
    isOnRedrawnLine = false
  }
}
