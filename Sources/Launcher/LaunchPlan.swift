/// A launch with everything decided: which nodes and slots, and which devices ranks of this machine see.
public struct LaunchPlan: Sendable, Equatable {
  /// The nodes of the job.
  public var pool: ResourcePool
  /// Whether agents on other nodes have to be started.
  public var isMultiNode: Bool
  /// The value of `CUDA_VISIBLE_DEVICES` for ranks of this machine; nil for the slot numbers.
  public var visibleDevices: String?
  /// What the user should know, though nothing is wrong.
  public var notices: [String] = []

  /// Decides where to run.
  /// - Parameters:
  ///   - options: what was asked for.
  ///   - environment: the launcher's variables.
  ///   - machine: this machine.
  /// - Throws: ``LaunchError`` for a malformed hostfile or filter, or when nothing is left to run on.
  public init(
    options: LaunchOptions, environment: [String: String], machine: LocalMachine
  ) throws(LaunchError) {
    if let listed = try Hostfile.read(path: options.hostfile) {
      pool = try options.filter.applied(to: listed)
      isMultiNode = (pool.nodes.count > 1 || options.forceMulti) && !options.noSSH
      return
    }
    if options.hostfile != Hostfile.defaultPath {
      notices.append("there is no hostfile \(options.hostfile): using this machine alone.")
    }
    pool = ResourcePool([])
    isMultiNode = options.forceMulti && !options.noSSH
    try chooseLocally(options.filter, environment: environment, machine: machine)
  }

  private mutating func chooseLocally(
    _ filter: ResourceFilter, environment: [String: String], machine: LocalMachine
  ) throws(LaunchError) {
    let variable = VisibleDevices.variable
    var base = ResourcePool.local(slotCount: machine.defaultSlotCount(environment: environment))
    let visible = try VisibleDevices(environment: environment)
    if !filter.include.isEmpty || !filter.exclude.isEmpty {
      if visible != nil {
        notices.append("--include and --exclude number all devices; \(variable) is not used.")
      }
      pool = try filter.applied(to: base)
      return
    }
    if let visible { base = ResourcePool([ResourcePool.Node(host: "localhost", slots: visible.slots)]) }
    let offered = base.nodes[0].slots.count
    if let asked = filter.slotsPerNode, asked > offered {
      // On processors any number of ranks may run; a GPU rank without a device says so itself.
      if visible != nil {
        notices.append("--num_gpus \(asked) is more than the \(offered) devices of \(variable).")
      }
      base = .local(slotCount: asked)
    }
    pool = try filter.applied(to: base)
    visibleDevices = visible?.value(showing: pool.nodes[0].slots)
  }
}
