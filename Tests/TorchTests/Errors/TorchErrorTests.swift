import Testing
import Torch

/// The kind comes from the exception's class, the operands from the call.
@Suite struct TorchErrorTests {
  @Test func `shapes that do not fit`() throws {
    let error = try #require(throws: TorchError.self) {
      try Tensor.ones([2, 3]).matmul(Tensor.ones([4, 5]))
    }
    #expect(error.kind == .shape)
    #expect(error.op == "matmul")
    #expect(error.shapes == [[2, 3], [4, 5]])
    #expect(error.description.hasPrefix("matmul: "))
    #expect(error.description.hasSuffix("(operands: [2, 3], [4, 5])"))
    #expect(!error.message.contains("frame #"), "the C++ stack does not belong in a message")
  }

  @Test func `an index out of range`() throws {
    let error = try #require(throws: TorchError.self) { try Tensor.ones([2]).select(dim: 0, index: 5) }
    #expect(error.kind == .index)
    let dim = try #require(throws: TorchError.self) { try Tensor.ones([2]).unsqueeze(dim: 4) }
    #expect(dim.kind == .index)
  }

  @Test func `memory that cannot be had`() throws {
    let error = try #require(throws: TorchError.self) { try Tensor.empty([1 << 50]) }
    #expect(error.kind == .outOfMemory)
    #expect(error.message == "no memory for a tensor of \(1 << 52) bytes")
    // The library goes on working.
    #expect(try Tensor.ones([2]).sum().item() == 2)
  }

  @Test func `an operation that a dtype does not have`() throws {
    let error = try #require(throws: TorchError.self) {
      try Tensor.ones([2, 2], dtype: .bool).matmul(Tensor.ones([2, 2], dtype: .bool))
    }
    #expect(error.kind == .notImplemented)
  }

  @Test func `negative sizes`() throws {
    let error = try #require(throws: TorchError.self) { try Tensor.zeros([2, -1]) }
    #expect(error.kind == .shape)
    #expect(error.op == "zeros")
  }

  @Test func `one thread's failure is not another's`() async throws {
    let messages = await withTaskGroup(of: String.self) { group in
      for width in 1...8 {
        group.addTask {
          var last = ""
          for _ in 0..<50 {
            do {
              _ = try Tensor.ones([1, width]).matmul(Tensor.ones([99, 1]))
            } catch {
              last = (error as? TorchError)?.message ?? "\(error)"
            }
          }
          return last.contains("1x\(width) ") ? "" : last
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(messages.allSatisfy { $0.isEmpty }, "\(messages)")
  }
}
