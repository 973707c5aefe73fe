import Glibc

@testable import Monitoring

/// A folder that is removed with its contents when the value is gone.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/monitoring-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw MonitorError(path: "/tmp", action: "create folder", reason: String(cString: strerror(errno)))
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  func bytes(_ name: String) throws -> [UInt8] {
    guard let file = fopen("\(path)/\(name)", "rb") else {
      throw MonitorError(path: "\(path)/\(name)", action: "read", reason: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { result += chunk[..<count] }
    return result
  }

  func contents(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  private static func remove(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// A clock that always shows the same time.
struct StoppedClock: WallClock {
  let time: Double

  func secondsSince1970() -> Double { time }
}

extension String {
  func count(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
