import ArgumentParser
import Launcher
import Layers
import Monitoring
import Optimizers
import Torch
import Training

/// `deepspeed report` (`ds_report`): what this machine offers and what is chosen.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show versions, devices, kernels and measured speeds of this machine.")

  @Flag(name: .customLong("hide_operator_status"), help: "Leave out the kernels.")
  var hidesKernels = false

  @Flag(name: .customLong("hide_errors_and_warnings"), help: "Leave out hints.")
  var hidesHints = false

  func run() throws {
    try reportingFailures {
      var table = TextTable([.init("what"), .init("value")])
      table.append(["DeepSpeed for Swift", Root.version])
      table.append(["libtorch", Torch.version])
      table.append(["CUDA", Torch.isCUDAAvailable ? "\(Torch.cudaDeviceCount) devices" : Torch.cudaObstacle ?? "no device"])
      table.append(["threads", "\(Torch.threadCount)"])
      if !hidesKernels {
        let kernels = KernelReport()
        table.append(["kernels", kernels.level])
        table.append(["instruction sets", kernels.instructionSets.joined(separator: " ")])
      }
      for (name, dtype) in [("f32", DType.float32), ("bf16", .bfloat16)] {
        let preferred = ProductLibrary.preferred(for: dtype)
        let isOneDNNThere = dtype == .float32 ? Tensor.hasOneDNNLinear : preferred == .oneDNN
        for library in ProductLibrary.allCases where library == .libtorch || isOneDNNThere {
          let peak = try MatrixPeak.measure(dtype: dtype, size: 1536, library: library)
          let mark = library == preferred ? ", used by layers" : ""
          table.append([
            "matrix product \(name), \(library.rawValue)", "\(NumberText.fixed(peak / 1e9, 0)) GFLOP/s\(mark)",
          ])
        }
      }
      let memory = MemoryStatistics.now()
      table.append(["resident memory", NumberText.bytes(memory.residentBytes)])
      Output.write(table.rendered() + "\n")
      if !hidesHints, let free = SharedMemory.freeBytes(), free < 512 << 20 {
        Output.write("warning: /dev/shm has \(NumberText.bytes(free)) free; programs that share memory may fail\n")
      }
    }
  }
}
