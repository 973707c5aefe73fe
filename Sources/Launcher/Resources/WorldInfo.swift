/// The hosts and slots of a job as one word for a command line: URL-safe base64 of a JSON object
/// `{"HOST": [SLOT, ...], ...}` whose order is the order of the nodes.
public enum WorldInfo {
  /// The word for a pool.
  public static func encoded(_ pool: ResourcePool) -> String {
    let members = pool.nodes.map { node in
      "\(quoted(node.host)): [\(node.slots.map(String.init).joined(separator: ", "))]"
    }
    return Base64.encoded(Array("{\(members.joined(separator: ", "))}".utf8))
  }

  /// The pool of a word.
  /// - Throws: ``LaunchError/badValue(option:found:expected:)`` when it is not such a word.
  public static func decoded(_ word: String) throws(LaunchError) -> ResourcePool {
    let failure = LaunchError.badValue(
      option: "--world_info", found: word, expected: "URL-safe base64 of a JSON object {\"host\": [slots]}")
    guard let bytes = Base64.decoded(word) else { throw failure }
    var reader = Reader(bytes: bytes)
    guard let nodes = reader.object(), !nodes.isEmpty else { throw failure }
    return ResourcePool(nodes)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A reader of exactly this shape of JSON; nil at the first byte that does not fit.
  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func object() -> [ResourcePool.Node]? {
      guard take("{") else { return nil }
      var nodes: [ResourcePool.Node] = []
      if take("}") { return nodes }
      repeat {
        guard let host = string(), take(":"), let slots = numbers() else { return nil }
        if nodes.contains(where: { $0.host == host }) { return nil }
        nodes.append(ResourcePool.Node(host: host, slots: slots))
      } while take(",")
      guard take("}") else { return nil }
      skipSpace()
      return position == bytes.count ? nodes : nil
    }

    private mutating func numbers() -> [Int]? {
      guard take("[") else { return nil }
      var result: [Int] = []
      if take("]") { return result }
      repeat {
        skipSpace()
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        position += digits.count
        result.append(number)
      } while take(",")
      return take("]") ? result : nil
    }

    private mutating func string() -> String? {
      guard take("\"") else { return nil }
      var result: [UInt8] = []
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\"") { return String(validating: result, as: UTF8.self) }
        if byte != UInt8(ascii: "\\") {
          result.append(byte)
          continue
        }
        guard position < bytes.count else { return nil }
        let escape = bytes[position]
        position += 1
        if escape == UInt8(ascii: "u") {
          let digits = bytes[position...].prefix(4)
          guard digits.count == 4, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
          else { return nil }
          position += 4
          result += Array(String(Character(scalar)).utf8)
        } else {
          result.append(escape)
        }
      }
      return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    private mutating func skipSpace() {
      while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }
  }
}
