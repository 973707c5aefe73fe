/// MPI launchers and Slurm place the ranks themselves. Each rank starts as ``RankJob``, which translates the
/// scheduler's variables into ours and then becomes the program.
extension ClusterLaunch {
  static func openMPI(_ job: ClusterJob) -> ClusterLaunch {
    var words = [
      "mpirun", "-n", "\(job.pool.worldSize)", "-hostfile", job.hostfile, "--mca", "btl", "^openib",
    ]
    if !job.methodArguments.contains("btl_tcp_if_include") {
      words += ["--mca", "btl_tcp_if_include", "eth0"]
    }
    words += job.methodArguments
    for (name, value) in job.exports { words += ["-x", "\(name)=\(value)"] }
    return ClusterLaunch(name: "mpirun", words: words + job.rankWords)
  }

  static func mpich(_ job: ClusterJob) throws(LaunchError) -> ClusterLaunch {
    var words = [
      "mpirun", "-n", "\(job.pool.worldSize)", "-ppn", "\(try job.uniformSlotCount(for: .mpich))",
      "-hosts", job.pool.hosts.joined(separator: ","),
    ]
    words += job.methodArguments
    for (name, value) in job.exports { words += ["-genv", name, value] }
    return ClusterLaunch(name: "mpirun", words: words + job.rankWords)
  }

  /// Intel MPI takes the variables of every rank on its command line, so the program starts directly.
  static func intelMPI(_ job: ClusterJob) throws(LaunchError) -> ClusterLaunch {
    let slotCount = try job.uniformSlotCount(for: .impi)
    var words = ["mpirun", "-ppn", "\(slotCount)", "-hosts", job.pool.hosts.joined(separator: ",")]
    words += job.methodArguments
    for (name, value) in job.exports { words += ["-genv", name, value] }
    for rank in 0..<job.pool.worldSize {
      let place = RankEnvironment(
        pool: job.pool, node: rank / slotCount, localRank: rank % slotCount,
        masterAddress: job.node.masterAddress, masterPort: job.node.masterPort)
      let program = job.node.program.words(localRank: place.localRank)
      if rank > 0 { words.append(":") }
      words += ["-n", "1"]
      for (name, value) in place.variables.sorted(by: { $0.key < $1.key }) { words += ["-env", name, value] }
      words += [program.executable] + program.arguments
    }
    return ClusterLaunch(name: "mpirun", words: words)
  }

  /// `--export` splits at commas, so variables go through srun's own environment instead.
  static func slurm(_ job: ClusterJob) -> ClusterLaunch {
    var words = [
      "srun", "-n", "\(job.pool.worldSize)", "--nodes", "\(job.pool.nodes.count)",
      "--nodelist", job.pool.hosts.joined(separator: ","),
    ]
    if let count = job.pool.uniformSlotCount { words += ["--ntasks-per-node", "\(count)"] }
    words += ["--kill-on-bad-exit=1"] + job.methodArguments + ["--export=ALL"]
    var launch = ClusterLaunch(name: "srun", words: words + job.rankWords)
    launch.variables = Dictionary(uniqueKeysWithValues: job.exports.map { ($0.name, $0.value) })
    return launch
  }

  static func mvapich(_ job: ClusterJob) throws(LaunchError) -> ClusterLaunch {
    let slotCount = try job.uniformSlotCount(for: .mvapich)
    let path = "/tmp/deepspeed_mvapich_hostfile_\(job.node.tag)"
    var words = [
      "mpirun", "-np", "\(job.pool.worldSize)", "-ppn", "\(slotCount)", "--hostfile", path,
    ]
    words += job.methodArguments
    let settings = [
      "MV2_DEBUG_SHOW_BACKTRACE": "1", "MV2_ENABLE_AFFINITY": "0", "MV2_INTER_ALLGATHER_TUNING": "5",
      "MV2_CUDA_USE_NAIVE": "0", "MV2_SMP_USE_CMA": "0", "MV2_SUPPORT_DL": "1",
    ].merging(job.exports.map { ($0.name, $0.value) }) { $1 }
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) { words += ["-env", name, value] }
    var launch = ClusterLaunch(name: "mpirun", words: words + job.rankWords)
    launch.file = (path, job.pool.hosts.map { $0 + "\n" }.joined())
    return launch
  }
}
