import CKernels
import Testing

@testable import Checkpoints

struct CRC32CTests {
  @Test func `Known texts have the checksums of the standard`() {
    // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(CRC32C.of([]) == 0)
  }

  @Test(arguments: [0, 1, 7, 8, 9, 4095, 12287, 12288, 12289, 50_001])
  func `The fast way, the table and pieces agree at any length`(count: Int) {
    let bytes = (0..<count + 1).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    bytes.withUnsafeBytes { all in
      // One byte off, so that nothing is aligned.
      let odd = UnsafeRawBufferPointer(rebasing: all[1...])
      let expected = ck_crc32c_reference(0, odd.baseAddress, odd.count)
      #expect(CRC32C.of(odd) == expected)
      var running = CRC32C()
      running.update(UnsafeRawBufferPointer(rebasing: odd[..<(count / 3)]))
      let first = running.value
      running.update(UnsafeRawBufferPointer(rebasing: odd[(count / 3)...]))
      #expect(running.value == expected)
      let second = CRC32C.of(UnsafeRawBufferPointer(rebasing: odd[(count / 3)...]))
      #expect(ck_crc32c_combine(first, second, UInt64(count - count / 3)) == expected)
    }
  }
}
