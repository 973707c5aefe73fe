/// Turns the chunks that arrive from one stream of one child into whole lines.
///
/// A line ends with a line feed, or with a carriage return where a rank redraws its progress in place. Lines
/// of different ranks therefore never mix. The last lines are kept for the failure report.
struct LineForwarder {
  static let tailLineCount = 20
  static let lineLimit = 65_536
  private static let tailLineLimit = 1_000

  private let prefix: [UInt8]
  private var pending: [UInt8] = []
  /// The last line that ended with a carriage return, while a line feed may still follow it.
  private var returned: [UInt8] = []
  /// Whole lines, oldest first, without line ends; lines that were redrawn are left out.
  private var tail: [String] = []

  /// The last lines as they stand now, with one that has no end yet.
  var lastLines: [String] {
    var copy = self
    copy.remember(pending)
    return copy.tail
  }

  init(prefix: String) { self.prefix = Array(prefix.utf8) }

  /// Takes a chunk and yields the bytes that are ready to be shown.
  mutating func take(_ chunk: some Sequence<UInt8>) -> [UInt8] {
    var ready: [UInt8] = []
    for byte in chunk {
      switch byte {
      case UInt8(ascii: "\n"):
        let completesReturn = pending.isEmpty && !returned.isEmpty
        if !completesReturn { ready += prefix + pending }
        ready.append(byte)
        remember(completesReturn ? returned : pending)
        pending.removeAll(keepingCapacity: true)
        returned = []
      case UInt8(ascii: "\r"):
        ready += prefix + pending + [byte]
        returned = pending
        pending.removeAll(keepingCapacity: true)
      default:
        pending.append(byte)
        if pending.count >= Self.lineLimit { ready += finish() }
      }
    }
    return ready
  }

  /// Yields a last line that had no end, with one.
  mutating func finish() -> [UInt8] {
    if pending.isEmpty { return [] }
    remember(pending)
    let ready = prefix + pending + [UInt8(ascii: "\n")]
    pending.removeAll(keepingCapacity: true)
    return ready
  }

  private mutating func remember(_ line: [UInt8]) {
    let text = String(decoding: line.prefix(Self.tailLineLimit), as: UTF8.self)
    if text.allSatisfy(\.isWhitespace) { return }
    tail.append(text)
    if tail.count > Self.tailLineCount { tail.removeFirst() }
  }
}
