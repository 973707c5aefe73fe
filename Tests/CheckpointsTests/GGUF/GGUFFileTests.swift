import CKernels
import Foundation
import Layers
import Testing
import Torch

@testable import Checkpoints

struct GGUFFileTests {
  @Test func `Every format has the values of the Python package, bit for bit`() throws {
    let file = try GGUFFile(path: FixtureFile.path("formats.gguf"))
    let expected = try SafeTensorsFile(path: FixtureFile.path("formats.expected.safetensors"))
    #expect(Set(file.names) == Set(expected.names))
    for name in file.names {
      let tensor = try #require(try file.tensor(named: name))
      let reference = try #require(try expected.tensor(named: name))
      #expect(tensor.shape == reference.shape, "\(name)")
      let found = try tensor.array(of: Float.self).map(\.bitPattern)
      #expect(found == (try reference.array(of: Float.self).map(\.bitPattern)), "\(name)")
    }
    #expect(file.entry(named: "blk.0.q4_1.weight")?.format == "Q4_1")
    #expect(file.entry(named: "blk.0.q4_1.weight")?.dtype == .float32)
    #expect(file.entry(named: "blk.0.bf16.weight")?.dtype == .bfloat16)
    #expect(file.entry(named: "counts")?.shape == [5])
    #expect(file.entry(named: "none") == nil)
    #expect(try file.tensor(named: "none") == nil)
  }

  @Test(arguments: [DType.bfloat16, .float16])
  func `Blocks become a narrower dtype as libtorch rounds it`(dtype: DType) throws {
    let narrow = try GGUFFile(path: FixtureFile.path("formats.gguf"), dequantizedDType: dtype)
    let exact = try GGUFFile(path: FixtureFile.path("formats.gguf"))
    for name in ["blk.0.q8_0.weight", "blk.0.q4_0.weight", "blk.0.q4_1.weight"] {
      let tensor = try #require(try narrow.tensor(named: name))
      #expect(tensor.dtype == dtype)
      #expect(narrow.entry(named: name)?.dtype == dtype)
      let rounded = try #require(try exact.tensor(named: name)).to(dtype)
      #expect(try tensor.array(of: Float.self) == rounded.array(of: Float.self), "\(name)")
    }
  }

  @Test(arguments: [ck_isa.portable, .avx2, .avx512])
  func `Every instruction set dequantises to the same bits`(level: ck_isa) {
    for format in [ck_block_format.q4_0, .q4_1, .q8_0] {
      let count = 150
      var blocks = (0..<count * ck_block_bytes(format)).map {
        UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 9)
      }
      // The exponent bits of scale and minimum stay below those of infinities.
      for block in 0..<count {
        blocks[block * ck_block_bytes(format) + 1] &= 0xBB
        blocks[block * ck_block_bytes(format) + 3] &= 0xBB
      }
      for dtype in [ck_dtype.float32, .bfloat16, .float16] {
        var reference = [UInt8](repeating: 0, count: count * 32 * 4)
        var found = reference
        ck_dequantize(&reference, dtype, format, blocks, count, .portable)
        ck_dequantize(&found, dtype, format, blocks, count, level)
        #expect(found == reference)
        #expect(Set(reference).count > 50)
      }
    }
  }

  @Test func `Plain tensors share the file's pages`() throws {
    let file = try GGUFFile(path: FixtureFile.path("formats.gguf"))
    let addresses = try (0..<2).map { _ in
      try #require(try file.tensor(named: "blk.0.f16.weight")).withUnsafeMutableBytes {
        UInt(bitPattern: $0.baseAddress)
      }
    }
    #expect(addresses[0] == addresses[1])
  }

  @Test func `Metadata of every type is read`() throws {
    let file = try GGUFFile(path: FixtureFile.path("formats.gguf"))
    let metadata = file.header.metadata
    #expect(file.header.version == 3)
    #expect(try file.architecture() == "llama")
    let integers = [
      "uint8": 200, "int8": -100, "uint16": 60000, "int16": -30000, "uint32": 4_000_000_000,
      "int32": -2_000_000_000,
      "int64": -(1 << 62),
    ]
    for (name, value) in integers { #expect(try file.integer("test.\(name)") == value) }
    #expect(metadata["test.uint64"] == .unsigned(1 << 63 + 5))
    #expect(metadata["test.uint64"]?.integer == nil)
    #expect(metadata["test.float32"] == .float(1e-5))
    #expect(try file.number("test.float64") == 0.1)
    #expect(metadata["test.bool"] == .boolean(true))
    #expect(metadata["test.string"] == .text("gr\u{FC}\u{DF} Gott"))
    #expect(try file.integers("test.integers") == [3, -1, 4])
    #expect(try file.floats("test.floats") == [0.5, -0.25])
    #expect(try file.texts("test.none") == nil)
    guard case .array(let nested) = metadata["test.nested"] else {
      Issue.record("no array")
      return
    }
    #expect(nested.elementType == .array)
    #expect(nested.count == 2)
  }

  @Test func `A key that is missing or of another type is named`() throws {
    let file = try GGUFFile(path: FixtureFile.path("formats.gguf"))
    #expect(try formatError { _ = try file.integer("llama.none") }.item == "key 'llama.none'")
    #expect(try formatError { _ = try file.integer("test.string") }.kind == .malformed)
    #expect(try formatError { _ = try file.number("test.bool") }.kind == .malformed)
    #expect(try formatError { _ = try file.texts("test.integers") }.kind == .malformed)
    #expect(try formatError { _ = try file.floats("test.integers") }.kind == .malformed)
    #expect(try formatError { _ = try file.integers("test.bool") }.kind == .malformed)
  }

  @Test func `The tokenizer is read as plain values`() throws {
    let tokenizer = try GGUFFile(path: FixtureFile.path("formats.gguf")).tokenizerMetadata()
    #expect(tokenizer.model == "gpt2")
    #expect(tokenizer.preTokenizer == "smollm")
    #expect(tokenizer.tokens == ["<|endoftext|>", "a", "b", "\u{120}a", "ab"])
    #expect(tokenizer.tokenTypes == [3, 1, 1, 1, 1])
    #expect(tokenizer.merges == ["a b"])
    #expect(tokenizer.scores == nil)
    #expect(tokenizer.beginToken == 0)
    #expect(tokenizer.unknownToken == nil)
    #expect(tokenizer.addsBeginToken == false)
    #expect(tokenizer.addsEndToken == nil)
    #expect(tokenizer.chatTemplate == "{{ messages }}")
  }
}
