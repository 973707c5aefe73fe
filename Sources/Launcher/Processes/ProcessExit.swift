import Glibc

/// How a process ended.
public enum ProcessExit: Sendable, Equatable {
  /// It returned an exit code from 0 to 255.
  case exited(code: Int32)
  /// A signal ended it.
  case signaled(Int32)

  /// The exit code of a rank that only failed because another rank did. The launcher waits a moment for that
  /// other rank and reports it instead.
  public static let lostPeerCode: Int32 = 112

  /// Whether the process ended without failure.
  public var isSuccess: Bool { self == .exited(code: 0) }

  /// The code a shell would report: the exit code, or 128 plus the signal.
  public var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }

  /// What happened, such as `exit code 3` or `killed by signal 9 (SIGKILL)`.
  public var summary: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signaled(let signal): "killed by signal \(signal) (\(SignalName.of(signal)))"
    }
  }

  /// What commonly causes such an end and what to do; nil where nothing general can be said.
  public var hint: String? {
    switch self {
    case .signaled(let signal): SignalName.hint(signal)
    case .exited(let code) where code > 128 && code < 160:
      SignalName.hint(code - 128).map {
        "\(code) is 128 + \(code - 128), \(SignalName.of(code - 128)). \($0)"
      }
    case .exited(Self.lostPeerCode):
      "It lost another rank. A rank that ended without failure before the others did may be the cause."
    case .exited(126): "The program was found but may not be executed."
    case .exited(127): "A program or a shared library was not found."
    case .exited: nil
    }
  }
}

/// Names and likely causes of signals.
enum SignalName {
  private static let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
    SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
    SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
  ]

  static func of(_ signal: Int32) -> String { names[signal] ?? "SIG\(signal)" }

  static func hint(_ signal: Int32) -> String? {
    switch signal {
    case SIGKILL:
      "Perhaps the machine or its container ran out of memory and the kernel chose this process "
        + "(`dmesg` tells); otherwise somebody, or the job scheduler, sent the signal."
    case SIGBUS:
      "Commonly shared memory is full (look at `df -h /dev/shm`; in a container raise --shm-size), "
        + "or a mapped file was cut short or its disk is full."
    case SIGSEGV: "The program touched memory that is not its own: a bug in native code, or a stack overflow."
    case SIGABRT: "The program ended itself after an internal check failed; its message stands above."
    case SIGILL: "A failed Swift precondition, or an instruction that this processor does not have."
    case SIGTRAP: "A failed Swift precondition or forced unwrap; its message stands above."
    case SIGFPE: "An integer division by zero or overflow."
    case SIGXCPU: "The limit of processor time (`ulimit -t`) is used up."
    case SIGXFSZ: "A file grew beyond the limit of `ulimit -f`."
    case SIGTERM: "Somebody, or the job scheduler, asked the process to end."
    default: nil
    }
  }
}
