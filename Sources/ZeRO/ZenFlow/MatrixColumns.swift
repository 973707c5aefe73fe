import Torch

/// The weights of one group by their columns, and what this rank's partition holds of them.
///
/// A weight is a matrix of its first dimension's rows; a column is what one input feature meets. Partitions
/// are runs of rows, cut anywhere, so that every rank holds a part of every column of the weights in it.
struct MatrixColumns {
  /// What this rank holds of one parameter in one bucket.
  struct Part {
    /// The index among the matrices; nil for a parameter of one dimension.
    let matrix: Int?
    /// Elements of this rank's part of the bucket.
    let range: Range<Int>
    /// The place of the first one in the parameter.
    let first: Int
  }

  /// Columns of each matrix.
  let columnCounts: [Int]
  /// By bucket.
  let parts: [[Part]]

  /// - Parameters:
  ///   - shapes: of the layout's members.
  ///   - owner: whose part of the buckets this is.
  init(layout: FlatLayout, shapes: [[Int]], owner: Int) {
    var counts: [Int] = []
    parts = layout.buckets.map { bucket in
      let shard = bucket.shard(of: owner)
      return bucket.entries.compactMap { entry in
        let shape = shapes[entry.member]
        var matrix: Int?
        if shape.count > 1, entry.elementCount > 0 {
          matrix = counts.count
          counts.append(shape.dropFirst().reduce(1, *))
        }
        let own = entry.range.clamped(to: shard)
        guard !own.isEmpty else { return nil }
        return Part(
          matrix: matrix, range: own.lowerBound - shard.lowerBound..<own.upperBound - shard.lowerBound,
          first: own.lowerBound - entry.offset)
      }
    }
    columnCounts = counts
  }

  /// The sum of absolute values of each column of each matrix over this rank's parts, in f64.
  ///
  /// - Parameter gradient: of each bucket, this rank's part; nil where there is none.
  func sums(_ gradient: (_ bucket: Int) throws -> Tensor?) throws -> [[Double]] {
    var sums = columnCounts.map { [Double](repeating: 0, count: $0) }
    for (bucket, parts) in parts.enumerated() {
      guard let gradient = try gradient(bucket) else { continue }
      for part in parts {
        guard let matrix = part.matrix else { continue }
        let values = try gradient.narrow(dim: 0, start: part.range.lowerBound, length: part.range.count)
        try MatrixColumns.add(try values.to(.float32).abs(), from: part.first, to: &sums[matrix])
      }
    }
    return sums
  }

  /// Adds the elements of a matrix from place `first` on to the sums of their columns.
  private static func add(_ values: Tensor, from first: Int, to sums: inout [Double]) throws {
    let (width, count) = (sums.count, values.elementCount)
    func add(_ range: Range<Int>, rows: Int) throws {
      guard !range.isEmpty else { return }
      let matrix = try values.narrow(dim: 0, start: range.lowerBound, length: range.count)
        .view([rows, range.count / rows])
      let column = (first + range.lowerBound) % width
      for (index, sum) in try matrix.sum(dim: 0, dtype: .float64).array(of: Double.self).enumerated() {
        sums[column + index] += sum
      }
    }
    let head = min(count, (width - first % width) % width)
    let body = (count - head) / width * width
    try add(0..<head, rows: 1)
    if body > 0 { try add(head..<head + body, rows: body / width) }
    try add(head + body..<count, rows: 1)
  }

  /// The columns with the largest sums of each matrix, in ascending order; of equal ones the first.
  static func largest(_ sums: [[Double]], share: Double) -> [[Int]] {
    sums.map { sums in
      let order = sums.indices.sorted { sums[$0] > sums[$1] || (sums[$0] == sums[$1] && $0 < $1) }
      return order.prefix(Int(share * Double(sums.count))).sorted()
    }
  }

  /// The elements of this rank's part of a bucket that lie in chosen columns, or in parameters of one
  /// dimension.
  func places(bucket: Int, chosen: [[Int]]) -> [Int64] {
    var places: [Int64] = []
    for part in parts[bucket] {
      guard let matrix = part.matrix else {
        places += part.range.map(Int64.init)
        continue
      }
      let width = columnCounts[matrix]
      let end = part.first + part.range.count
      for row in part.first / width...(end - 1) / width {
        for column in chosen[matrix] {
          let place = row * width + column
          guard place >= part.first, place < end else { continue }
          places.append(Int64(place - part.first + part.range.lowerBound))
        }
      }
    }
    return places
  }
}
