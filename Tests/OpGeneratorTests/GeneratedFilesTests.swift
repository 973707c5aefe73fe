import Foundation
import OpGenerator
import Testing

/// The committed bindings are what the generator makes of libtorch's declarations today.
struct GeneratedFilesTests {
  @Test func `the committed files are those that the generator writes`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let list = try String(contentsOf: root.appending(path: "tools/opgen/ops.txt"), encoding: .utf8)
    let files = try OpGenerator(yaml: try Libtorch.declarations(), list: list).files()
    for file in files {
      let committed = try? String(contentsOf: root.appending(path: file.path), encoding: .utf8)
      #expect(committed == file.text, "\(file.path) is out of date: run opgen")
    }
    for folder in ["Sources/Torch/Ops/Generated", "Sources/CTorch/src/generated"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
      let generated = Set(files.map(\.path))
      for name in names {
        #expect(generated.contains("\(folder)/\(name)"), "\(name) is not generated any more")
      }
    }
  }

  @Test func `every generated Swift file stays within the size guide`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let list = try String(contentsOf: root.appending(path: "tools/opgen/ops.txt"), encoding: .utf8)
    for file in try OpGenerator(yaml: try Libtorch.declarations(), list: list).files()
    where file.path.hasSuffix(".swift") {
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 500, "\(file.path) has \(lines.count) lines")
      #expect(lines.allSatisfy { $0.count <= 110 }, "\(file.path) has a line that is too long")
    }
  }
}

/// Where libtorch's own files are: DEEPSPEED_LIBTORCH, or the prefix in the pkg-config file.
enum Libtorch {
  struct Absent: Error, CustomStringConvertible {
    let description =
      "native_functions.yaml was not found: set DEEPSPEED_LIBTORCH to libtorch's folder, or PKG_CONFIG_PATH "
      + "to the folder of deepspeed-libtorch.pc, which scripts/bootstrap writes"
  }

  static func declarations() throws -> String {
    // A wheel has torchgen beside torch, whose folder the prefix is.
    for prefix in prefixes().flatMap({ [$0, "\($0)/.."] }) {
      let path = "\(prefix)/torchgen/packaged/ATen/native/native_functions.yaml"
      if let text = try? String(contentsOfFile: path, encoding: .utf8) { return text }
    }
    throw Absent()
  }

  private static func prefixes() -> [String] {
    let environment = ProcessInfo.processInfo.environment
    var prefixes = [environment["DEEPSPEED_LIBTORCH"]].compactMap { $0 }
    for folder in (environment["PKG_CONFIG_PATH"] ?? "").split(separator: ":") {
      let path = "\(folder)/deepspeed-libtorch.pc"
      let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
      prefixes += lines.filter { $0.hasPrefix("prefix=") }.map { String($0.dropFirst("prefix=".count)) }
    }
    return prefixes
  }
}
