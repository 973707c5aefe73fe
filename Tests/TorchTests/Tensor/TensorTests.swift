import Foundation
import Synchronization
import Testing
import Torch

/// The life of tensors: memory goes when the last user does, and never while a call is running.
@Suite struct TensorTests {
  @Test func `memory is given back with the last tensor over it`() throws {
    let counter = Counter()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: Float.self, repeating: 2, count: 4)
    var tensor: Tensor? = try Tensor.borrowing(memory, shape: [4], dtype: .float32) { counter.increment() }
    var view: Tensor? = try #require(tensor).view([2, 2])
    tensor = nil
    #expect(counter.value == 0)
    #expect(try view?.array(of: Float.self) == [2, 2, 2, 2])
    view = nil
    #expect(counter.value == 1)
  }

  @Test func `operands that nothing else holds outlive the call`() throws {
    for _ in 0..<200 {
      let sum = try Tensor.ones([1000]).add(Tensor.full([1000], 2.0))
      #expect(try sum.sum().item() == 3000)
      let joined = try Tensor.cat([Tensor.ones([500]), Tensor.zeros([500]), Tensor.full([500], 3.0)], dim: 0)
      #expect(try joined.sum().item() == 2000)
    }
  }

  @Test func `no file but Tensor's own touches a tensor's handle`() throws {
    let sources = URL(filePath: #filePath).resolvingSymlinksInPath()
      .appending(path: "../../../../Sources/Torch").standardizedFileURL
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var swiftFiles = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      swiftFiles += 1
      if file.lastPathComponent == "Tensor.swift" { continue }
      // Other classes have handles of their own, which only their own methods see.
      let text = try String(contentsOf: file, encoding: .utf8).replacing("self.handle = handle", with: "")
      let readsHandle = text.contains(#/\.handle\b/#)
      #expect(!readsHandle, "\(file.lastPathComponent) reads a handle")
    }
    #expect(swiftFiles > 40)
  }

  @Test func `a description shows the kind and the first elements`() throws {
    let tensor = try Tensor.arange(from: 0.0, to: 12.0).view([2, 6])
    #expect(
      tensor.description
        == "Tensor(float32, [2, 6], cpu) [[0.0, 1.0, 2.0, 3.0, ...], [6.0, 7.0, 8.0, 9.0, ...]]")
    #expect(try Tensor(scalar: 7).description == "Tensor(int64, [], cpu) 7.0")
    #expect(try Tensor.empty([3], device: .meta).description == "Tensor(float32, [3], meta)")
  }
}

/// Counts on whatever thread it is asked to.
final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int {
    count.withLock { $0 }
  }

  func increment() {
    count.withLock { $0 += 1 }
  }
}
