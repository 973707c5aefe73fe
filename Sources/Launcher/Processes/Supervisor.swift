import Glibc

/// One process of a job: how to start it and how to speak of it.
public struct SupervisedProcess: Sendable {
  /// What it is called in reports, such as `rank 3`.
  public var name: String
  /// What stands before each line it writes; empty for nothing.
  public var prefix: String
  /// The program and its surroundings.
  public var command: ProcessCommand
  /// A file that gets a copy of all it writes; nil for none.
  public var logPath: String?

  /// A process of a job.
  public init(name: String, prefix: String = "", command: ProcessCommand, logPath: String? = nil) {
    self.name = name
    self.prefix = prefix
    self.command = command
    self.logPath = logPath
  }
}

/// How a job ended.
public struct SupervisionOutcome: Sendable, Equatable {
  /// The process whose failure ended the job.
  public struct Failure: Sendable, Equatable {
    /// Its position among the processes of the job.
    public var index: Int
    /// What reports call it, such as `rank 3`.
    public var name: String
    /// Its process number.
    public var identifier: Int32
    /// How it ended.
    public var exit: ProcessExit
    /// The last lines it wrote to standard error, or to standard output when it wrote no error.
    public var lastLines: [String]
  }

  /// How each process ended, in the order they were given.
  public var exits: [ProcessExit]
  /// The first failure; nil when none failed, or when the job was cancelled before.
  public var failure: Failure?
  /// The signal of the cancellation that ended the job; nil when it was not cancelled.
  public var cancellationSignal: Int32?
  /// The number of processes that did not end on request within the grace period.
  public var forcedCount: Int

  /// The code for the launcher to exit with: 0, the first failure's, or 128 plus the cancelling signal.
  public var exitCode: Int32 {
    failure?.exit.code ?? cancellationSignal.map { 128 + $0 } ?? 0
  }
}

/// Runs the processes of a job side by side until all have ended, or ends them all when one fails.
///
/// Each process is the head of its own process group, so that whatever it starts can be ended with it. The
/// calling thread does all the work and is blocked until the end.
public final class Supervisor {
  /// The time between asking the others to end and killing them.
  public static let defaultGrace = Duration.seconds(5)
  private static let leftoverGrace = Duration.seconds(1)
  /// How long a rank that lost a peer is followed by the search for that peer's own failure.
  private static let causeDelay = Duration.seconds(2)

  private enum Phase {
    case running
    case ending(deadline: ContinuousClock.Instant)
    case killed
  }

  private let processes: [SupervisedProcess]
  private let grace: Duration
  private let cancellation: Cancellation
  private var console: Console
  private var members: [Member] = []
  private var phase = Phase.running
  private var failure: SupervisionOutcome.Failure?
  private var symptom: (failure: SupervisionOutcome.Failure?, deadline: ContinuousClock.Instant)?
  private var forcedCount = 0

  /// A supervisor of some processes.
  /// - Parameters:
  ///   - processes: what to start, in rank order.
  ///   - grace: how long processes may take to end after SIGTERM before SIGKILL follows.
  ///   - cancellation: ends the job from outside.
  ///   - sink: where the output goes.
  public init(
    _ processes: [SupervisedProcess], grace: Duration = Supervisor.defaultGrace,
    cancellation: Cancellation = Cancellation(), sink: OutputSink
  ) {
    self.processes = processes
    self.grace = grace
    self.cancellation = cancellation
    console = Console(sink: sink)
  }

  /// Starts the processes and waits for the end of the job.
  /// - Parameter body: what each process does, in a copy of this one with its command's environment, cores
  ///   and streams; nil to execute the commands' programs. Only for a process of one thread.
  /// - Returns: how it ended; when it returns, no process of the job is left.
  /// - Throws: ``LaunchError`` when a process cannot be started; those already started are ended first.
  public func run(body: (() -> Never)? = nil) throws(LaunchError) -> SupervisionOutcome {
    let guardian = Guardian(grace: grace, environment: processes.first?.command.environment ?? [:])
    defer { guardian?.dismiss() }
    do throws(LaunchError) {
      for process in processes {
        let member = try Member(process, body: body)
        guardian?.watch(group: member.child.identifier)
        members.append(member)
      }
    } catch {
      endAll()
      superviseToTheEnd()
      throw error
    }
    superviseToTheEnd()
    return SupervisionOutcome(
      exits: members.compactMap(\.child.exit), failure: failure,
      cancellationSignal: failure == nil ? cancellation.requestedSignal : nil, forcedCount: forcedCount)
  }

  private func superviseToTheEnd() {
    while members.contains(where: { $0.child.exit == nil }) {
      waitForEvents()
      for member in members { member.forwardOutput(to: &console) }
      noticeExits()
      advance()
    }
    endLeftovers()
    for member in members { member.finish(on: &console) }
    console.endRedrawnLine()
  }

  /// Sleeps until output arrives, a process ends, or it is time to look again.
  private func waitForEvents() {
    var descriptors: [pollfd] = []
    var canMissExit = false
    for member in members {
      for descriptor in [member.child.standardOutput, member.child.standardError] where descriptor >= 0 {
        descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
      }
      if member.child.exit != nil { continue }
      if member.child.exitDescriptor < 0 { canMissExit = true }
      descriptors.append(pollfd(fd: member.child.exitDescriptor, events: Int16(POLLIN), revents: 0))
    }
    poll(&descriptors, nfds_t(descriptors.count), canMissExit ? 10 : 100)
  }

  private func noticeExits() {
    var failed: [Int] = []
    for (index, member) in members.enumerated() where member.child.noticesExit() {
      if member.child.exit?.isSuccess == false { failed.append(index) }
    }
    guard case .running = phase, cancellation.requestedSignal == nil else { return }
    let causes = failed.filter { members[$0].child.exit != .exited(code: ProcessExit.lostPeerCode) }
    // Of failures seen in the same instant, a crash is more likely the cause than an error about a lost peer.
    let crash = causes.first { index in
      if case .signaled = members[index].child.exit { true } else { false }
    }
    if let cause = crash ?? causes.first {
      failure = failure(of: cause)
    } else if symptom == nil, let first = failed.first {
      symptom = (failure(of: first), ContinuousClock.now + Self.causeDelay)
    }
  }

  private func failure(of index: Int) -> SupervisionOutcome.Failure? {
    let member = members[index]
    guard let exit = member.child.exit else { return nil }
    member.forwardOutput(to: &console)
    return SupervisionOutcome.Failure(
      index: index, name: processes[index].name, identifier: member.child.identifier, exit: exit,
      lastLines: member.lastLines)
  }

  private func advance() {
    switch phase {
    case .running:
      if failure == nil, let symptom {
        let isLast = members.allSatisfy { $0.child.exit != nil }
        if isLast || ContinuousClock.now >= symptom.deadline { failure = symptom.failure }
      }
      if failure != nil || cancellation.requestedSignal != nil { endAll() }
    case .ending(let deadline):
      if ContinuousClock.now >= deadline || cancellation.isUrgent { killAll() }
    case .killed: break
    }
  }

  private func endAll() {
    for member in members { member.requestEnd() }
    phase = .ending(deadline: ContinuousClock.now + grace)
  }

  private func killAll() {
    forcedCount = members.count { $0.child.exit == nil }
    for member in members { member.child.signalGroup(SIGKILL) }
    phase = .killed
  }

  /// Ends what the processes started and left behind, so that nothing holds their output or their devices.
  private func endLeftovers() {
    for member in members {
      member.child.signalGroup(SIGTERM)
      member.child.reap()
    }
    let deadline = ContinuousClock.now + Self.leftoverGrace
    while members.contains(where: { $0.child.hasLivingGroup }) {
      for member in members { member.forwardOutput(to: &console) }
      if ContinuousClock.now >= deadline {
        for member in members { member.child.signalGroup(SIGKILL) }
        break
      }
      usleep(5_000)
    }
  }
}
