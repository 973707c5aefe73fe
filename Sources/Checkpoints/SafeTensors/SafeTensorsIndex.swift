/// The index of a sharded model: which file holds which tensors.
struct SafeTensorsIndex {
  /// The files in the order of their names, each with its tensors.
  let files: [(file: String, names: [String])]

  /// Reads an index file.
  ///
  /// - Throws: `FileFormatError` or `FileSystemError`.
  init(path: String) throws {
    let root = try JSONReader.read(FileSystem.read(path, limit: SafeTensorsFormat.headerLimit), file: path)
    guard let map = root["weight_map"]?.object, !map.isEmpty else {
      throw FileFormatError(
        .malformed, file: path, item: "weight_map", found: root["weight_map"]?.kindName ?? "nothing",
        expected: "an object of tensor names and file names")
    }
    var names: [String: [String]] = [:]
    for (name, value) in map {
      // A name with a slash would let an index reach files outside of its folder.
      guard let file = value.string, !file.isEmpty, !file.contains("/"), file != "..", !file.contains("\0")
      else {
        throw FileFormatError(
          .malformed, file: path, item: "weight_map '\(name)'", found: value.kindName,
          expected: "the name of a file in the same folder")
      }
      names[file, default: []].append(name)
    }
    files = names.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The index as text.
  ///
  /// - Parameters:
  ///   - files: file names with the names of their tensors.
  ///   - byteCount: the bytes of all values.
  static func text(files: [(file: String, names: [String])], byteCount: Int) -> String {
    let map = files.flatMap { part in part.names.map { (key: $0, value: JSONValue.string(part.file)) } }
    let root = JSONValue.object([
      ("metadata", .object([("total_size", .integer(byteCount))])),
      ("weight_map", .object(map.sorted { $0.key < $1.key })),
    ])
    return root.text(indented: true) + "\n"
  }
}
