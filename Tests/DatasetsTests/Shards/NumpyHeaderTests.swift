import Testing

@testable import Datasets

struct NumpyHeaderTests {
  private func parse(_ text: String, version: UInt8 = 1, valueBytes: Int = 8) throws -> NumpyHeader {
    let length = UInt16(text.utf8.count)
    let bytes =
      [0x93] + Array("NUMPY".utf8) + [version, 0] + withUnsafeBytes(of: length.littleEndian, Array.init)
      + Array(text.utf8) + [UInt8](repeating: 0, count: valueBytes)
    return try parse(bytes)
  }

  private func parse(_ bytes: [UInt8]) throws -> NumpyHeader {
    try bytes.withUnsafeBytes { try NumpyHeader(parsing: $0, file: "x.npy") }
  }

  @Test func `A header is written as it is read`() throws {
    for shape in [[4], [2, 2]] {
      let bytes = NumpyHeader.bytes(element: .uint16, shape: shape)
      #expect(bytes.count % 64 == 0)
      let header = try parse(bytes + [UInt8](repeating: 0, count: 8))
      #expect(header == NumpyHeader(element: .uint16, shape: shape, dataOffset: bytes.count))
    }
  }

  @Test(arguments: [
    "{'descr': '<u2', 'fortran_order': False, 'shape': (4,), }",
    "{'shape':(4,),'descr':'<u2','fortran_order':True}",
    #"{"descr": "<u2", "fortran_order": False, "shape": ( 2 , 2 ), } "#,
  ])
  func `Spellings of the dictionary are understood`(text: String) throws {
    #expect(try parse(text).shape.reduce(1, *) == 4)
  }

  @Test(arguments: [
    ("{'fortran_order': False, 'shape': (4,), }", DatasetError.Kind.unsupported),
    ("{'descr': '<u2', 'shape': (4,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': 0, 'shape': (4,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False}", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (-4,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (x,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (5,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }", .malformed),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (), }", .unsupported),
    ("", .unsupported), ("{", .unsupported),
  ])
  func `A broken header is refused`(text: String, kind: DatasetError.Kind) throws {
    #expect(try datasetError { _ = try parse(text) }.kind == kind)
  }

  @Test func `Other files, versions and cut files are refused`() throws {
    #expect(try datasetError { _ = try parse(Array("hello world".utf8)) }.found == "no NumPy file")
    #expect(try datasetError { _ = try parse([0x93]) }.kind == .malformed)
    #expect(try datasetError { _ = try parse("{}", version: 9) }.kind == .unsupported)
    let whole = NumpyHeader.bytes(element: .uint8, shape: [3]) + [1, 2, 3]
    for count in 0..<whole.count {
      #expect(throws: DatasetError.self, "\(count) bytes") { _ = try parse(Array(whole[..<count])) }
    }
  }
}
