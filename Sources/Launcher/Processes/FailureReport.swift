/// The last words of the launcher after a failure: which process failed first, how, and what it said.
public enum FailureReport {
  /// What the first line of a report with output starts with.
  static let opening = "deepspeed: the last lines of"
  /// What every report says.
  static let verdict = "failed first:"

  /// The report as lines of text.
  /// - Parameters:
  ///   - failure: the first failure.
  ///   - processCount: the number of processes of the job.
  ///   - place: the host it ran on.
  ///   - evidence: what the system knows of the cause, such as an out-of-memory event.
  public static func lines(
    _ failure: SupervisionOutcome.Failure, processCount: Int, place: String, evidence: String? = nil
  ) -> [String] {
    var lines: [String] = []
    if !failure.lastLines.isEmpty {
      lines.append("\(opening) \(failure.name):")
      lines += failure.lastLines.map { "  | \($0)" }
    }
    lines.append(
      "deepspeed: \(failure.name) (process \(failure.identifier) on \(place)) \(verdict) "
        + "\(failure.exit.summary).")
    if let reason = evidence ?? failure.exit.hint { lines.append("deepspeed: \(reason)") }
    let others = processCount - 1
    let fate =
      others == 0 ? "" : others == 1 ? "The other one was ended. " : "The other \(others) were ended. "
    lines.append("deepspeed: \(fate)Exit code \(failure.exit.code).")
    return lines
  }
}

/// The kernel's count of processes it killed in this container for lack of memory.
struct MemoryEvents {
  private static let path = "/sys/fs/cgroup/memory.events"
  private let killCount: Int?

  /// The count now.
  static func now() -> MemoryEvents {
    MemoryEvents(text: (try? TextFile.read(path)).flatMap { $0 } ?? "")
  }

  init(text: String) {
    let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
    killCount = line.flatMap { Int($0.dropFirst("oom_kill ".count)) }
  }

  /// A sentence when the count rose since `before` and `exit` fits; nil otherwise.
  func evidence(since before: MemoryEvents, for exit: ProcessExit) -> String? {
    guard exit == .signaled(9), let killCount, let earlier = before.killCount, killCount > earlier else {
      return nil
    }
    return "The kernel ended it because this container is out of memory (its out-of-memory count rose by "
      + "\(killCount - earlier)). Use fewer ranks, a smaller micro-batch, or a higher ZeRO stage."
  }
}
