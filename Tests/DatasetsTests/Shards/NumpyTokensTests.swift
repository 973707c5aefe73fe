import Testing

@testable import Datasets

struct NumpyTokensTests {
  private let stream = (0..<23).map { $0 * 11 % 250 }

  @Test(arguments: [
    "stream-uint8", "stream-uint16", "stream-int32", "stream-uint32", "stream-int64", "version2",
  ])
  func `Every integer type that NumPy wrote is read`(name: String) throws {
    let tokens = try NumpyTokens(path: fixturePath("\(name).npy"))
    #expect(tokens.header.shape == [23])
    #expect(tokens.read(0..<23) == stream)
    #expect(tokens.read(5..<8) == Array(stream[5..<8]))
  }

  @Test func `Two dimensions are read row by row`() throws {
    let tokens = try NumpyTokens(path: fixturePath("rows.npy"))
    #expect(tokens.header.shape == [4, 7])
    #expect(tokens.read(7..<14) == (7..<14).map { $0 * 13 % 250 })
  }

  @Test(arguments: [
    ("columns", "columns stored one after another (fortran_order)"), ("floats", "elements of type '<f4'"),
    ("big-endian", "elements of type '>i4'"), ("cube", "3 dimensions"),
    ("record", "elements of type [('token', '<u2'), ('weight', '<f4')]"),
  ])
  func `Arrays that hold no rows of tokens are refused with what they hold`(name: String, found: String)
    throws
  {
    let error = try datasetError { _ = try NumpyTokens(path: fixturePath("\(name).npy")) }
    #expect(error.kind == .unsupported)
    #expect(error.found == found)
    #expect(error.file.hasSuffix("\(name).npy"))
  }

  @Test func `An id outside of the vocabulary is named with its place`() throws {
    let rows = try NumpyTokens(path: fixturePath("negative.npy"))
    let negative = try datasetError { try rows.checkBeginning(vocabularySize: 10) }
    #expect(negative.kind == .tokenOutOfRange)
    #expect(negative.place == "row 1, column 1")
    #expect(negative.found == "token id -7")
    let flat = try NumpyTokens(path: fixturePath("stream-uint16.npy"))
    let large = try datasetError { try flat.checkBeginning(vocabularySize: 242) }
    #expect(large.place == "position 22")
    #expect(large.expected == "ids from 0 to 241, the model's vocabulary")
    try flat.checkBeginning(vocabularySize: 243)
  }
}
