import Glibc
import OpGenerator

/// `opgen DECLARATIONS LIST ROOT` writes the operator bindings into the package at ROOT.
@main
struct OpgenCommand {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      fail("usage: opgen path/to/native_functions.yaml tools/opgen/ops.txt path/to/package")
    }
    do {
      let generator = try OpGenerator(yaml: try read(arguments[1]), list: try read(arguments[2]))
      for file in try generator.files() { try write(file.text, to: "\(arguments[3])/\(file.path)") }
    } catch {
      fail("opgen: \(error)")
    }
  }

  private static func read(_ path: String) throws(OpGeneratorError) -> String {
    guard let file = fopen(path, "r") else { throw OpGeneratorError("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ text: String, to path: String) throws(OpGeneratorError) {
    guard let file = fopen(path, "w") else { throw OpGeneratorError("cannot write \(path)") }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw OpGeneratorError("cannot write \(path)") }
  }

  private static func fail(_ message: String) -> Never {
    let line = Array((message + "\n").utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
    exit(1)
  }
}
