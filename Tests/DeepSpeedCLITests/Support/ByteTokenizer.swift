/// A tokenizer.json with one token for each byte and two special ones.
enum ByteTokenizer {
  static let json = make(kind: "BPE")

  static func make(kind: String) -> String {
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    var next: UInt32 = 256
    var entries = ["\"<s>\": 0", "\"</s>\": 1"]
    for byte in 0..<256 {
      var letter = UInt32(byte)
      if !printable.contains(byte) {
        letter = next
        next += 1
      }
      let hex = String(letter, radix: 16)
      let escape = "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      entries.append("\"\(escape)\": \(byte + 2)")
    }
    let stage =
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": true}"
    let special = ["<s>", "</s>"].enumerated().map { id, text in
      "{\"id\": \(id), \"content\": \"\(text)\", \"single_word\": false, \"lstrip\": false, "
        + "\"rstrip\": false, \"normalized\": false, \"special\": true}"
    }
    return """
      {"version": "1.0", "truncation": null, "padding": null,
      "added_tokens": [\(special.joined(separator: ", "))],
      "normalizer": null, "pre_tokenizer": \(stage), "post_processor": null, "decoder": \(stage),
      "model": {"type": "\(kind)", "dropout": null, "unk_token": null, "fuse_unk": false,
      "byte_fallback": false,
      "vocab": {\(entries.joined(separator: ", "))}, "merges": []}}
      """
  }
}
