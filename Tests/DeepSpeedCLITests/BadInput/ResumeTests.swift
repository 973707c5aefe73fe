import Testing

@Suite("Checkpoints that cannot be loaded")
struct ResumeTests {
  @Test("One error names what is wrong", arguments: cases)
  func mistake(_ input: BadInput) throws { try input.check() }

  private static func resuming(
    file: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
  ) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.train(steps: 3, "--resume", try $0.trained(change, file: file)) }
  }

  private static func without(_ file: String) -> @Sendable (Workspace) throws -> Invocation {
    {
      let folder = try $0.trained()
      TestFile.remove("\(folder)/\(file)")
      return try $0.train(steps: 3, "--resume", folder)
    }
  }

  private static let weights = "\(TrainedFiles.tag)/model.safetensors"

  static let cases = [
    BadInput("nothing there", "no checkpoint") { try $0.train("--resume", $0.path("nothing")) },
    BadInput("empty folder", "no checkpoint") { try $0.train("--resume", $0.makeFolder("empty")) },
    BadInput("a model's folder", "no checkpoint") { try $0.train("--resume", try $0.trained() + "/model") },
    BadInput(
      "damaged states", TrainedFiles.shard, "CRC-32C",
      prepare: resuming(file: TrainedFiles.shard) { $0[$0.count - 100] ^= 1 }),
    BadInput(
      "damaged weights", weights, "CRC-32C", prepare: resuming(file: weights) { $0[$0.count - 100] ^= 1 }),
    BadInput(
      "states cut short", TrainedFiles.shard, "found 1000 bytes",
      prepare: resuming(file: TrainedFiles.shard) { $0 = Array($0.prefix(1000)) }),
    BadInput("states missing", TrainedFiles.shard, "no file", prepare: without(TrainedFiles.shard)),
    BadInput(
      "checksums missing", "checksums.json", "No such file",
      prepare: without("\(TrainedFiles.tag)/checksums.json")),
    BadInput(
      "damaged manifest", "checkpoint.json",
      prepare: resuming(file: "\(TrainedFiles.tag)/checkpoint.json") { $0 = Array("{".utf8) }),
    BadInput(
      "latest names nothing", "global_step99", "it holds \(TrainedFiles.tag)",
      prepare: resuming(file: "latest") { $0 = Array("global_step99".utf8) }),
    BadInput(
      "latest leaves the folder", "../../etc",
      prepare: resuming(file: "latest") { $0 = Array("../../etc".utf8) }),
    BadInput("model of another width", "[128, 64]") {
      let folder = try $0.trained()
      return try $0.train(model: try $0.model(["hidden_size": "64"]), steps: 3, "--resume", folder)
    },
    BadInput("model with more layers", "model.layers.2") {
      let folder = try $0.trained()
      return try $0.train(model: try $0.model(["num_hidden_layers": "3"]), steps: 3, "--resume", folder)
    },
    BadInput("other data", "other data", "start a new run") {
      let data = try $0.write("other.npy", NumpyImage(tokens: NumpyImage.tokens.reversed()).bytes)
      return try $0.train(data: data, steps: 3, "--resume", try $0.trained())
    },
    BadInput("consolidating nothing", "no checkpoint") {
      Invocation(["zero-to-fp32", $0.path("nothing"), $0.path("f32")])
    },
    BadInput("consolidating an unknown tag", "'nope'", "it holds \(TrainedFiles.tag)") {
      Invocation(["zero-to-fp32", try $0.trained(), $0.path("f32"), "--tag", "nope"])
    },
    BadInput("consolidating damaged weights", weights, "CRC-32C") {
      let folder = try $0.trained({ $0[$0.count - 100] ^= 1 }, file: weights)
      return Invocation(["zero-to-fp32", folder, $0.path("f32")])
    },
    BadInput("consolidating without a model", "nomodel", "Hugging Face") {
      Invocation(["zero-to-fp32", try $0.trained(), $0.path("f32"), "--model", $0.path("nomodel")])
    },
  ]
}
