import ArgumentParser
import Layers
import Monitoring
import Pretrained
import Torch
import ZeRO

/// `deepspeed plan`: what each ZeRO stage needs, before anything is started.
struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Tell what each ZeRO stage keeps on a rank and sends, without running anything.",
    discussion: """
      deepspeed plan --model MODEL --num_gpus 8 reads the shapes of a model; --parameters 7B takes a number instead.
      Counted are parameters, gradients, master weights and Adam's moments; activations are not.
      """)

  @Option(help: "The model: a Hugging Face folder, or a .gguf file. Only shapes are read.")
  var model: String?

  @Option(help: "Parameters, such as 135M or 7B, instead of a model.")
  var parameters: String?

  @Option(name: .customLong("largest_layer"), help: "Parameters of the largest layer, with --parameters.")
  var largestLayer: String?

  @Option(name: [.customLong("num_gpus"), .customLong("num_gpus_per_node")], help: "Ranks on each host.")
  var ranksPerHost: Int = 1

  @Option(name: .customLong("num_nodes"), help: "Hosts.")
  var hostCount: Int = 1

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  @Option(help: "Bytes that a rank may keep, such as 24GB: tells which stages fit, and the largest model of each.")
  var budget: String?

  func validate() throws {
    guard (model == nil) != (parameters == nil) else {
      throw ValidationError("give either --model or --parameters")
    }
    guard ranksPerHost > 0, hostCount > 0 else {
      throw ValidationError("\(hostCount) hosts with \(ranksPerHost) ranks, expected at least 1 of each")
    }
  }

  func run() throws {
    try reportingFailures {
      let (count, largest) = try sizes()
      let budget = try budget.map { try ByteSize.parse($0, option: "--budget") }
      let ranks = ranksPerHost * hostCount
      Output.write("\(count) parameters, the largest module \(largest); \(ranks) ranks, \(dtype.rawValue), Adam\n\n")
      Output.write(stageTable(count, largest, ranks: ranks, budget: budget) + "\n")
      Output.write("DeepSpeed's estimates, mixed precision, with its factor of 1.5 for host buffers:\n\n")
      Output.write(estimateTable(count, largest))
    }
  }

  private func sizes() throws -> (count: Int, largest: Int) {
    if let parameters {
      let count = try Plan.count(parameters, option: "--parameters")
      return (count, try largestLayer.map { try Plan.count($0, option: "--largest_layer") } ?? 0)
    }
    let model = try PretrainedModel(path: model ?? "").declaredModel()
    var units: [String: Int] = [:]
    for (path, parameter) in try model.namedParameters() {
      units[path.components.dropLast().joined(separator: "."), default: 0] += parameter.elementCount
    }
    return (try model.parameterCount(), units.values.max() ?? 0)
  }

  /// Numbers as people write them: 135M, 7B, 1.3e9.
  private static func count(_ text: String, option: String) throws -> Int {
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12]
    let factor = text.last.flatMap { units[Character($0.uppercased())] }
    guard let value = Double(factor == nil ? Substring(text) : text.dropLast()), value > 0, value * (factor ?? 1) < 1e16
    else { throw CommandFailure(message: "\(option) is \(text), expected a number such as 135M or 7B") }
    return Int(value * (factor ?? 1))
  }

  private func stageTable(_ count: Int, _ largest: Int, ranks: Int, budget: Int?) -> String {
    var table = TextTable(
      [
        .init("stage", .right), .init("parameters", .right), .init("gradients", .right), .init("optimizer", .right),
        .init("gathered", .right), .init("a rank", .right), .init("sent a step", .right),
      ] + (budget == nil ? [] : [.init("fits", .left), .init("largest model", .right)]))
    for stage in 0...3 {
      let plan = StagePlan(
        stage: stage, rankCount: ranks, parameterCount: count, largestUnit: largest,
        parameterByteCount: dtype.dtype.byteCount)
      let bytes = plan.formula.bytes
      var row = [
        "\(stage)", NumberText.bytes(bytes.parameters), NumberText.bytes(bytes.gradients),
        NumberText.bytes(bytes.optimizerStates), NumberText.bytes(plan.gatheredBytes),
        NumberText.bytes(plan.totalBytes), NumberText.bytes(plan.formula.sentBytesPerStep),
      ]
      if let budget {
        row += [plan.totalBytes <= budget ? "yes" : "no", "\(plan.largestModel(within: budget) / 1_000_000) M"]
      }
      table.append(row)
    }
    return table.rendered()
  }

  private func estimateTable(_ count: Int, _ largest: Int) -> String {
    var table = TextTable([.init("", .left), .init("device", .right), .init("host", .right)])
    func add(_ name: String, _ estimate: MemoryEstimate) {
      table.append([name, NumberText.bytes(estimate.deviceBytes), NumberText.bytes(estimate.hostBytes)])
    }
    for offloads in [false, true] {
      add(
        "stage 2" + (offloads ? ", optimizer on the host" : ""),
        .stage2(
          parameterCount: count, devicesPerHost: ranksPerHost, hostCount: hostCount, offloadsOptimizer: offloads))
    }
    let names = [
      MemoryEstimate.Offload.none: "stage 3", .optimizer: "stage 3, optimizer on the host",
      .optimizerAndParameters: "stage 3, optimizer and parameters on the host",
    ]
    for offload in MemoryEstimate.Offload.allCases {
      add(
        names[offload] ?? "",
        .stage3(
          parameterCount: count, largestLayer: largest, devicesPerHost: ranksPerHost, hostCount: hostCount,
          offload: offload))
    }
    return table.rendered()
  }
}
