import Testing

@testable import ZeRO

@Suite struct FlatLayoutTests {
  static let sizes: [[Int]] = [[], [1], [7, 0, 130, 64, 3], [1000, 1, 1, 999, 31, 32, 33], [5, 5, 5, 5, 5]]

  static func layout(_ sizes: [Int], partitions: Int, ranks: Int, limit: Int, order: FlatLayout.Order = .backward)
    -> FlatLayout
  {
    FlatLayout(
      members: sizes.enumerated().map { FlatLayout.Member(path: "p\($0.offset)", elementCount: $0.element) },
      partitionCount: partitions, rankCount: ranks, bucketElementLimit: limit, order: order)
  }

  @Test(arguments: sizes, [1, 2, 3, 4, 8])
  func `every element of every parameter belongs to exactly one rank`(sizes: [Int], ranks: Int) {
    for order in [FlatLayout.Order.backward, .roundRobin] {
      let layout = Self.layout(sizes, partitions: ranks, ranks: ranks, limit: 100, order: order)
      var owners = sizes.map { Array(repeating: 0, count: $0) }
      for rank in 0..<ranks {
        for fragment in layout.fragments(of: rank) {
          for element in fragment.parameterRange { owners[fragment.member][element] += 1 }
          #expect(fragment.partitionOffset + fragment.parameterRange.count <= layout.partitionElementCount)
        }
      }
      #expect(owners.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test(arguments: sizes, [1, 2, 3, 8])
  func `fragments of one rank do not overlap in its partition`(sizes: [Int], ranks: Int) {
    let layout = Self.layout(sizes, partitions: ranks, ranks: ranks, limit: 64)
    for rank in 0..<ranks {
      var end = 0
      for fragment in layout.fragments(of: rank) {
        #expect(fragment.partitionOffset >= end)
        end = fragment.partitionOffset + fragment.parameterRange.count
      }
    }
  }

  @Test func `a bucket closes before it passes the limit, and a larger parameter stands alone`() {
    let layout = Self.layout([10, 500, 20, 30, 60], partitions: 2, ranks: 2, limit: 100)
    #expect(layout.buckets.map { $0.entries.map(\.member) } == [[4, 3], [2], [1], [0]])
  }

  @Test func `slices are aligned, equal and cover the bucket`() {
    let layout = Self.layout([1000, 77, 3], partitions: 3, ranks: 3, limit: 1 << 20)
    for bucket in layout.buckets {
      #expect(bucket.shardElementCount % FlatLayout.shardAlignment == 0)
      #expect(bucket.shardElementCount * 3 == bucket.elementCount)
      #expect(bucket.shard(of: 2).upperBound == bucket.elementCount)
    }
    #expect(layout.elementCount % 3 == 0)
  }

  @Test func `at stage 0 the one partition is the whole buffer, still divisible over the ranks`() {
    let layout = Self.layout([7, 9], partitions: 1, ranks: 4, limit: 1 << 20)
    #expect(layout.partitionElementCount == layout.elementCount)
    #expect(layout.elementCount % (4 * FlatLayout.shardAlignment) == 0)
    #expect(layout.fragments(of: 0).map(\.parameterRange) == [0..<9, 0..<7])
  }

  @Test func `round robin puts neighbours of backward apart`() {
    let layout = Self.layout([1, 1, 1, 1, 1], partitions: 2, ranks: 2, limit: 1 << 20, order: .roundRobin)
    #expect(layout.buckets[0].entries.map(\.member) == [4, 2, 0, 3, 1])
  }

  @Test func `an element of a partition is traced back to its parameter`() {
    let layout = Self.layout([40, 100], partitions: 2, ranks: 2, limit: 1 << 20)
    for rank in 0..<2 {
      for fragment in layout.fragments(of: rank) {
        #expect(layout.member(atPartitionOffset: fragment.partitionOffset, of: rank) == fragment.member)
        let last = fragment.partitionOffset + fragment.parameterRange.count - 1
        #expect(layout.member(atPartitionOffset: last, of: rank) == fragment.member)
      }
    }
    #expect(layout.member(atPartitionOffset: layout.partitionElementCount - 1, of: 1) == nil)
  }
}
