import ArgumentParser

/// `deepspeed bench`: measurements, each beside its ceiling or its peer.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure training speed, model states, collectives, files, offload and the optimizer.",
    subcommands: [
      BenchTrain.self, BenchStates.self, BenchLargest.self, BenchComm.self, BenchIO.self, BenchOffload.self,
      BenchOptimizer.self,
    ])
}
