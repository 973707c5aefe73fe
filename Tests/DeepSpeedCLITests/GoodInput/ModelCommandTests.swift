import Foundation
import Testing

@Suite("deepspeed eval, generate and zero-to-fp32")
struct ModelCommandTests {
  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func loss(of model: String, _ work: Workspace) throws -> Double {
    let outcome = try work.run(try work.evaluate(model: model))
    let line = try #require(outcome.output.split(whereSeparator: \.isNewline).last, "\(outcome.transcript)")
    return try #require(try object(line)["loss"] as? Double)
  }

  @Test("The last line of eval is one JSON object")
  func evaluation() throws {
    let work = try Workspace()
    var invocation = try work.evaluate()
    invocation.arguments += ["--json"]
    let outcome = try work.run(invocation)
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    let lines = outcome.output.split(whereSeparator: \.isNewline)
    #expect(lines.count == 1)
    let result = try object(try #require(lines.last))
    let loss = try #require(result["loss"] as? Double)
    let perplexity = try #require(result["perplexity"] as? Double)
    #expect(result["tokens"] as? Int == 512)
    // Random weights know nothing: the loss is about the logarithm of the vocabulary.
    #expect(abs(loss - log(128)) < 0.3)
    #expect(abs(perplexity - exp(loss)) < 1e-6 * perplexity)
  }

  @Test("The consolidated weights lose what the exported model loses, and not what the untrained one does")
  func consolidation() throws {
    let work = try Workspace()
    let out = try work.trained()
    let outcome = try work.run("zero-to-fp32", out, work.path("f32"))
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    let consolidated = try loss(of: work.path("f32"), work)
    #expect(consolidated == (try loss(of: "\(out)/model", work)))
    #expect(consolidated != (try loss(of: try work.model(), work)))
  }

  @Test("generate writes a JSON object; the same seed, the same tokens")
  func generation() throws {
    let work = try Workspace()
    let model = try work.talkingModel()
    var tokens: [[Int]] = []
    for seed in ["3", "3", "4"] {
      let outcome = try work.run(
        "generate", "--model", model, "--prompt", "hi", "--max_new_tokens", "8", "--temperature", "1",
        "--seed",
        seed, "--json")
      #expect(outcome.exitCode == 0, "\(outcome.transcript)")
      let result = try object(outcome.output)
      #expect(result["prompt_tokens"] as? Int == 2)
      #expect(result["text"] is String)
      tokens.append(try #require(result["tokens"] as? [Int]))
    }
    #expect((1...8).contains(tokens[0].count))
    #expect(tokens[0] == tokens[1])
    #expect(tokens[0] != tokens[2])
  }

  @Test("generate without --json begins with the prompt")
  func text() throws {
    let work = try Workspace()
    let outcome = try work.run(
      "generate", "--model", try work.talkingModel(), "--prompt", "Once", "--max_new_tokens", "4")
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(outcome.output.hasPrefix("Once"))
  }
}
