/// What a training run of two steps wrote: checkpoint `global_step2`, the model, the plot. Made once, kept in
/// memory, and put into the folder of each test that needs it.
struct TrainedFiles: Sendable {
  struct NotMade: Error { let transcript: String }

  static let tag = "global_step2"
  static let shard = "\(tag)/optimizer-00001-of-00001.safetensors"
  private static let shared = Result { try TrainedFiles() }

  /// The files of the one run.
  static func get() throws -> TrainedFiles { try shared.get() }

  private var files: [String: [UInt8]] = [:]

  private init() throws {
    let work = try Workspace()
    let outcome = try work.run(try work.train(steps: 2, "--output", work.path("out")))
    guard outcome.exitCode == 0 else { throw NotMade(transcript: outcome.transcript) }
    try read(work.path("out"), prefix: "")
  }

  private mutating func read(_ folder: String, prefix: String) throws {
    for name in try TestFile.names(in: folder) {
      let path = "\(folder)/\(name)"
      if TestFile.isFolder(path) {
        try read(path, prefix: "\(prefix)\(name)/")
      } else {
        files[prefix + name] = try TestFile.bytes(path)
      }
    }
  }

  func bytes(_ name: String) throws -> [UInt8] {
    guard let bytes = files[name] else {
      throw NotMade(transcript: "there is no \(name): \(files.keys.sorted())")
    }
    return bytes
  }

  /// Writes all of it into a folder of `work`.
  func put(into work: Workspace, name: String = "out") throws -> String {
    for (file, bytes) in files { try work.write("\(name)/\(file)", bytes) }
    return work.path(name)
  }
}

extension Workspace {
  /// The folder of a run with a checkpoint, after `change` to its files.
  func trained(_ change: (inout [UInt8]) -> Void = { _ in }, file: String = TrainedFiles.shard) throws
    -> String
  {
    let folder = try TrainedFiles.get().put(into: self)
    var bytes = try TestFile.bytes("\(folder)/\(file)")
    change(&bytes)
    try TestFile.write(bytes, to: "\(folder)/\(file)")
    return folder
  }

  /// A model folder with its own weights file.
  func weighted(_ change: (inout SafeTensorsImage) throws -> Void) throws -> String {
    var image = try SafeTensorsImage(try TrainedFiles.get().bytes("model/model.safetensors"))
    try change(&image)
    return try weighted(try image.bytes())
  }

  /// A model folder whose weights file is `bytes`.
  func weighted(_ bytes: [UInt8]) throws -> String {
    let folder = try model(name: "weighted")
    try write("weighted/model.safetensors", bytes)
    return folder
  }
}
