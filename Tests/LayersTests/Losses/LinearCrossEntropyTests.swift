import Layers
import Testing
import Torch

/// Against the plain form: linear layer, float32 logits, libtorch's cross-entropy.
@Suite struct LinearCrossEntropyTests {
  private struct Problem {
    let hidden: Tensor
    let weight: Tensor
    let labels: Tensor

    init(
      dtype: DType = .float32, ignoredEvery: Int = 0, rows: Int = 37, classes: Int = 50,
      isWeightTrainable: Bool = true
    ) throws {
      hidden = try randomLeaf([rows, 12], seed: 1, dtype: dtype)
      weight = try randomLeaf([classes, 12], seed: 2, dtype: dtype, isTrainable: isWeightTrainable)
      let drawn = (0..<rows).map { ignoredEvery > 0 && $0 % ignoredEvery == 0 ? -100 : ($0 * 17) % classes }
      labels = try Tensor(drawn)
    }

    func plain() throws -> Tensor {
      try CrossEntropy.apply(logits: hidden.linear(weight: weight), labels: labels).mean
    }
  }

  private func gradients(_ loss: Tensor, _ problem: Problem) throws -> [Tensor] {
    try Tensor.gradients(of: [loss.mul(3)], withRespectTo: [problem.hidden, problem.weight]).compactMap { $0 }
  }

  @Test("loss and gradients equal the plain form in float32", arguments: [0, 1, 2, 5], [16, 1000])
  func float32(ignoredEvery: Int, chunkRows: Int) throws {
    let problem = try Problem(
      ignoredEvery: ignoredEvery == 1 ? 0 : ignoredEvery, rows: ignoredEvery == 1 ? 1 : 37)
    let fused = try LinearCrossEntropy.apply(
      hidden: problem.hidden, weight: problem.weight, labels: problem.labels, chunkBytes: chunkRows * 50 * 4)
    let plain = try problem.plain()
    #expect(abs(try fused.mean.item() - plain.item()) < 1e-5)
    let (found, expected) = (try gradients(fused.mean, problem), try gradients(plain, problem))
    for (left, right) in zip(found, expected) { #expect(try largestDifference(left, right) < 1e-5) }
  }

  @Test("chunks of whole tiles with odd ends equal the plain form", arguments: [128, 131])
  func tiles(classes: Int) throws {
    let problem = try Problem(rows: 300, classes: classes)
    let fused = try LinearCrossEntropy.apply(
      hidden: problem.hidden, weight: problem.weight, labels: problem.labels, chunkBytes: 130 * classes * 4)
    let plain = try problem.plain()
    #expect(abs(try fused.mean.item() - plain.item()) < 1e-5)
    let (found, expected) = (try gradients(fused.mean, problem), try gradients(plain, problem))
    for (left, right) in zip(found, expected) { #expect(try largestDifference(left, right) < 1e-5) }
  }

  // Half types: the bound is a few units of their precision at the size of the largest gradient.
  @Test("half types stay within their precision", arguments: [(DType.bfloat16, 0.02), (.float16, 0.005)])
  func halfTypes(dtype: DType, tolerance: Double) throws {
    let problem = try Problem(dtype: dtype)
    let fused = try LinearCrossEntropy.apply(
      hidden: problem.hidden, weight: problem.weight, labels: problem.labels, chunkBytes: 16 * 50 * 2)
    let wide = try Problem()
    let plain = try wide.plain()
    #expect(try abs(fused.mean.item() - plain.item()) < tolerance * plain.item())
    let (found, expected) = (try gradients(fused.mean, problem), try gradients(plain, wide))
    for (left, right) in zip(found, expected) {
      #expect(left.dtype == dtype)
      #expect(try largestDifference(left, right) < 2 * tolerance * right.abs().max().item())
    }
  }

  @Test("a frozen weight gets no gradient and the hidden states still do")
  func frozenWeight() throws {
    let problem = try Problem(isWeightTrainable: false)
    try LinearCrossEntropy.apply(hidden: problem.hidden, weight: problem.weight, labels: problem.labels).mean
      .backward()
    #expect(problem.weight.gradient == nil)
    let found = try #require(problem.hidden.gradient)
    let expected = try Tensor.gradients(of: [problem.plain()], withRespectTo: [problem.hidden])[0]
    #expect(try largestDifference(found, try #require(expected)) < 1e-5)
  }

  @Test("without any counted token the loss is zero and so are the gradients")
  func nothingCounts() throws {
    let problem = try Problem(ignoredEvery: 1)
    let loss = try LinearCrossEntropy.apply(
      hidden: problem.hidden, weight: problem.weight, labels: problem.labels)
    #expect(loss.tokenCount == 0)
    #expect(try loss.mean.item() == 0)
    try loss.mean.backward()
    #expect(try problem.hidden.gradient?.abs().max().item() == 0)
  }

  @Test("wrong labels are refused", arguments: [50, -1, -99, 1 << 40])
  func wrongLabels(label: Int) throws {
    let problem = try Problem(rows: 2)
    let labels = try Tensor([3, label])
    #expect(throws: LossError.labelOutOfRange(label, vocabularySize: 50)) {
      try LinearCrossEntropy.apply(hidden: problem.hidden, weight: problem.weight, labels: labels)
    }
    #expect(throws: LossError.labelShape(expected: [2], found: [3])) {
      try LinearCrossEntropy.apply(hidden: problem.hidden, weight: problem.weight, labels: Tensor([1, 2, 3]))
    }
  }

  @Test("a second backward through one loss is refused")
  func secondBackward() throws {
    let problem = try Problem()
    let loss = try LinearCrossEntropy.apply(
      hidden: problem.hidden, weight: problem.weight, labels: problem.labels
    ).mean
    try loss.backward(retainGraph: true)
    #expect(throws: LossError.secondBackward) { try loss.backward() }
  }

  @Test("memory grows by chunks and gradients, not by all logits")
  func memory() throws {
    // All logits would take 16384 * 2048 * 4 bytes = 128 MiB, gradients and chunks about 12 MiB.
    let hidden = try randomLeaf([16384, 64], seed: 1)
    let weight = try randomLeaf([2048, 64], seed: 2)
    let labels = try Tensor.zeros([16384], dtype: .int64)
    func run() throws {
      let loss = try LinearCrossEntropy.apply(
        hidden: hidden, weight: weight, labels: labels, chunkBytes: 2 << 20)
      try loss.mean.backward()
    }
    MemoryStatistics.resetPeaks()
    let before = MemoryStatistics.now().tensorBytes
    try run()
    #expect(MemoryStatistics.now().peakTensorBytes - before < 64 << 20)
  }
}
