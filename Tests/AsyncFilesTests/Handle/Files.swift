import AsyncFiles
import Foundation
import Testing
import TestSupport
import Torch

/// Bytes that tell where they belong.
func pattern(_ count: Int, seed: Int = 0) throws -> Tensor {
  try Tensor((0..<count).map { UInt8(truncatingIfNeeded: ($0 + seed) &* 2_654_435_761 >> 13) }, shape: [count])
}

/// The bytes of a file, by other means than those tested.
func bytes(ofFile path: String) throws -> [UInt8] {
  try Array(Data(contentsOf: URL(filePath: path)))
}

/// Every way of asking the kernel that this machine offers, through the page cache and past it.
struct Way: Sendable, CustomTestStringConvertible {
  let backend: AsyncFileSettings.Backend
  let bypassesPageCache: Bool

  var testDescription: String { "\(backend.rawValue), \(bypassesPageCache ? "direct" : "page cache")" }

  static let all: [Way] = {
    let isRingThere = (try? AsyncFileHandle(AsyncFileSettings(backend: .ring))) != nil
    let backends: [AsyncFileSettings.Backend] = isRingThere ? [.ring, .threads] : [.threads]
    return backends.flatMap { backend in [true, false].map { Way(backend: backend, bypassesPageCache: $0) } }
  }()

  func handle(
    blockSize: Int = 8192, queueDepth: Int = 4, workerCount: Int = 1, submitsSingly: Bool = false,
    overlapsEvents: Bool = true
  ) throws -> AsyncFileHandle {
    try AsyncFileHandle(
      AsyncFileSettings(
        blockSize: blockSize, queueDepth: queueDepth, workerCount: workerCount, submitsSingly: submitsSingly,
        overlapsEvents: overlapsEvents, backend: backend))
  }

  func file(_ path: String, _ mode: AsyncFile.Mode = .update) throws -> AsyncFile {
    try AsyncFile(path: path, mode: mode, bypassesPageCache: bypassesPageCache)
  }
}
