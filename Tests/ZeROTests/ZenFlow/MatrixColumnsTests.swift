import Testing
import Torch

@testable import ZeRO

@Suite struct MatrixColumnsTests {
  static let shapes = [[5, 7], [9], [3, 40], [4, 3, 2], [1, 70]]

  static func layout(rankCount: Int) -> FlatLayout {
    FlatLayout(
      members: shapes.enumerated().map { .init(path: "\($0)", elementCount: $1.reduce(1, *)) },
      partitionCount: rankCount, rankCount: rankCount, bucketElementLimit: 100)
  }

  /// The value of an element of a parameter.
  static func value(_ member: Int, _ place: Int) -> Float { Float((place * 31 + member * 17) % 23 - 11) }

  /// Ranks' parts of each bucket, and the columns of the matrices in the order of the buckets.
  static func parts(of layout: FlatLayout, rank: Int) throws -> [Tensor] {
    try layout.buckets.map { bucket in
      var values = [Float](repeating: 0, count: bucket.elementCount)
      for entry in bucket.entries {
        for place in 0..<entry.elementCount { values[entry.offset + place] = value(entry.member, place) }
      }
      return try Tensor(Array(values[bucket.shard(of: rank)]))
    }
  }

  @Test(arguments: [1, 2, 3, 5])
  func `the ranks' sums of columns add up to those of whole matrices`(rankCount: Int) throws {
    let layout = Self.layout(rankCount: rankCount)
    var found: [[Double]] = []
    for rank in 0..<rankCount {
      let parts = try Self.parts(of: layout, rank: rank)
      let columns = MatrixColumns(layout: layout, shapes: Self.shapes, owner: rank)
      let sums = try columns.sums { parts[$0] }
      found = found.isEmpty ? sums : zip(found, sums).map { zip($0, $1).map(+) }
    }
    let matrices = layout.buckets.flatMap(\.entries).map(\.member).filter { Self.shapes[$0].count > 1 }
    let expected = matrices.map { member in
      let width = Self.shapes[member].dropFirst().reduce(1, *)
      var sums = [Double](repeating: 0, count: width)
      for place in 0..<Self.shapes[member][0] * width { sums[place % width] += Double(abs(Self.value(member, place))) }
      return sums
    }
    #expect(found == expected)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `every chosen element has one place on one rank`(rankCount: Int) {
    let layout = Self.layout(rankCount: rankCount)
    var places: Set<Int> = []
    var count = 0
    for rank in 0..<rankCount {
      let columns = MatrixColumns(layout: layout, shapes: Self.shapes, owner: rank)
      let chosen = columns.columnCounts.map { [1, $0 - 1] }
      for (bucket, layout) in layout.buckets.enumerated() {
        let start = layout.offset + layout.shard(of: rank).lowerBound
        let own = columns.places(bucket: bucket, chosen: chosen).map { start + Int($0) }
        count += own.count
        places.formUnion(own)
      }
    }
    let expected = layout.buckets.flatMap { bucket in
      bucket.entries.flatMap { entry -> [Int] in
        let shape = Self.shapes[entry.member]
        let width = shape.dropFirst().reduce(1, *)
        return (0..<entry.elementCount).filter { shape.count == 1 || [1, width - 1].contains($0 % width) }
          .map { bucket.offset + entry.offset + $0 }
      }
    }
    #expect(places == Set(expected) && count == expected.count)
  }

  @Test func `the largest columns are chosen, of equal ones the first`() {
    #expect(MatrixColumns.largest([[1, 5, 2, 5, 5, 0]], share: 0.34) == [[1, 3]])
    #expect(MatrixColumns.largest([[0, 3, 1, 2], [1, 1]], share: 0.5) == [[1, 3], [0]])
    // A share of less than one column is none.
    #expect(MatrixColumns.largest([[4, 2, 3]], share: 0.1) == [[]])
  }
}
