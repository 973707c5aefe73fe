import Foundation
import Layers
import Testing
import Torch

@Suite struct RotaryEmbeddingTests {
  @Test("each pair is turned by position times frequency")
  func formula() throws {
    let table = RotaryTable(RotaryConfiguration(headDim: 4, base: 100))
    let vectors = try randomLeaf([1, 3, 2, 4], seed: 1, isTrainable: false)
    let turned = try RotaryEmbedding.apply(vectors, table.angles(from: 5, count: 3))
    let (input, output) = (try vectors.array(of: Float.self), try turned.array(of: Float.self))
    for position in 0..<3 {
      for head in 0..<2 {
        for pair in 0..<2 {
          let angle = Double(5 + position) * pow(100, -Double(2 * pair) / 4)
          let base = (position * 2 + head) * 4
          let (x, y) = (Double(input[base + pair]), Double(input[base + pair + 2]))
          #expect(abs(Double(output[base + pair]) - (x * cos(angle) - y * sin(angle))) < 1e-5)
          #expect(abs(Double(output[base + pair + 2]) - (y * cos(angle) + x * sin(angle))) < 1e-5)
        }
      }
    }
  }

  @Test("the gradient turns back")
  func gradient() throws {
    let table = RotaryTable(RotaryConfiguration(headDim: 8))
    let angles = try table.angles(from: 0, count: 5)
    let vectors = try randomLeaf([2, 5, 3, 8], seed: 1)
    let weights = try randomLeaf([2, 5, 3, 8], seed: 2, isTrainable: false)
    try RotaryEmbedding.apply(vectors, angles).mul(weights).sum().backward()
    // A rotation keeps dot products: <R x, w> = <x, R^T w>, and R R^T = 1.
    let back = try RotaryEmbedding.apply(try #require(vectors.gradient), angles)
    #expect(try largestDifference(back, weights) < 1e-5)
  }

  @Test("scores depend on the distance of positions only")
  func relative() throws {
    let table = RotaryTable(RotaryConfiguration(headDim: 8))
    let (query, key) = (
      try randomLeaf([1, 1, 1, 8], seed: 1, isTrainable: false),
      try randomLeaf([1, 1, 1, 8], seed: 2, isTrainable: false)
    )
    func score(_ q: Int, _ k: Int) throws -> Double {
      let left = try RotaryEmbedding.apply(query, table.angles(from: q, count: 1))
      let right = try RotaryEmbedding.apply(key, table.angles(from: k, count: 1))
      return try left.mul(right).sum().item()
    }
    #expect(abs(try score(3, 1) - score(40, 38)) < 1e-4)
    #expect(abs(try score(3, 1) - score(3, 2)) > 1e-3)
  }

  @Test("the table grows and keeps its values")
  func growth() throws {
    let table = RotaryTable(RotaryConfiguration(headDim: 8))
    let first = try table.angles(from: 2, count: 2).cosine.clone()
    _ = try table.angles(from: 500, count: 1)
    #expect(try largestDifference(table.angles(from: 2, count: 2).cosine, first) == 0)
  }
}
