import DeepSpeed

/// The quickstart's job as a program: two ranks, threads of this process, fine-tune a model under ZeRO-2, save a
/// checkpoint and the model, and the result writes a few words.
///
/// Arguments: a model (Hugging Face folder or GGUF file), a text file, a DeepSpeed config, a folder for the results,
/// and how many steps to train (60 when left out).
@main
struct FineTune {
  let model, data, configuration, output: String
  let stepCount: Int

  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard (4...5).contains(words.count), let stepCount = Int(words.count == 5 ? words[4] : "60"), stepCount > 0 else {
      return print("usage: FineTune MODEL DATA CONFIG OUTPUT [STEPS]")
    }
    let job = FineTune(
      model: words[0], data: words[1], configuration: words[2], output: words[3], stepCount: stepCount)
    let losses = try Ranks.run(count: 2) { context in try job.train(context) }
    print("loss \(losses[0][0]) at the first step, \(losses[0][job.stepCount - 1]) at the last")
    print(try job.continuation(of: "In the beginning"))
  }

  /// What one rank does. Returns the loss of every step, which is the same on all ranks.
  func train(_ context: RankContext) throws -> [Double] {
    let origin = try PretrainedModel(path: model)
    let network = try origin.model(dtype: .bfloat16)
    let engine = try DeepSpeed.initialize(
      model: network, config: configuration, context: context, totalSteps: stepCount)
    defer { engine.close() }
    let loader = try PrefetchingLoader(
      dataset: Dataset(
        path: data, sequenceLength: 256, encoding: TextEncoding(of: origin, model: network, data: data)),
      shape: BatchShape(
        microBatch: engine.settings.batch.microBatchSize, worldSize: context.worldSize, rank: context.rank),
      seed: 42)
    defer { loader.close() }

    var losses: [Double] = []
    while losses.count < stepCount {
      let batch = try loader.next()
      let loss = try engine.forward { try network.loss(batch.tokens, labels: batch.labels).mean }
      try engine.backward(loss)
      // Between the boundaries of gradient accumulation a step only counts.
      guard let report = try engine.step() else { continue }
      losses.append(report.loss)
      if context.rank == 0 { print("step \(report.step): loss \(report.loss)") }
    }

    try engine.saveCheckpoint(to: output, state: RunState(data: loader.position))
    try engine.checkpointPeers.together("export") {
      guard context.rank == 0 else { return }
      try ModelExport(model: network, origin: origin).write(to: "\(output)/model")
    }
    return losses
  }

  /// What the trained model makes of `prompt`.
  private func continuation(of prompt: String) throws -> String {
    let trained = try PretrainedModel(path: "\(output)/model")
    let tokenizer = try trained.tokenizer()
    let generator = try TextGenerator(
      model: trained.model(dtype: .bfloat16, sharesFilePages: true), tokenizer: tokenizer,
      endTokens: trained.endTokens(tokenizer: tokenizer))
    let completion = try generator.complete(
      prompt: tokenizer.encode(prompt), limit: 60,
      sampling: SamplingOptions(temperature: 0.7, topP: 0.9, seed: 7))
    return prompt + completion.text
  }
}
