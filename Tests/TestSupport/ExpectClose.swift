public import Testing
public import Torch

/// Expects two tensors to have the same shape and close elements; NaN equals NaN. A failure names the place
/// that is furthest off.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(actual.shape == expected.shape, "\(comment)", sourceLocation: sourceLocation)
  guard actual.shape == expected.shape else { return }
  expectClose(
    try actual.array(of: Double.self), try expected.array(of: Double.self), tolerance, comment,
    sourceLocation: sourceLocation)
}

/// Expects two rows of numbers to be close; NaN equals NaN. A failure names the place that is furthest off.
public func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Tolerance, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(comment)", sourceLocation: sourceLocation)
  var worst: (index: Int, excess: Double)?
  for (index, (left, right)) in zip(actual, expected).enumerated() {
    if left == right || (left.isNaN && right.isNaN) { continue }
    let excess = abs(left - right) - tolerance.absolute - tolerance.relative * abs(right)
    if excess <= 0 { continue }
    if worst.map({ !(excess <= $0.excess) }) ?? true { worst = (index, excess) }
  }
  guard let worst else { return }
  let (left, right) = (actual[worst.index], expected[worst.index])
  Issue.record(
    "\(comment) element \(worst.index) is \(left), expected \(right): \(abs(left - right)) apart",
    sourceLocation: sourceLocation)
}

/// Expects two rows of numbers to be close.
public func expectClose(
  _ actual: [Float], _ expected: [Float], _ tolerance: Tolerance, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    actual.map(Double.init), expected.map(Double.init), tolerance, comment, sourceLocation: sourceLocation)
}

/// Expects two numbers to be close.
public func expectClose(
  _ actual: Double, _ expected: Double, _ tolerance: Tolerance, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose([actual], [expected], tolerance, comment, sourceLocation: sourceLocation)
}
