public import Glibc
import Synchronization

/// A request to end a running job, which any thread and a signal handler may make.
public final class Cancellation: Sendable {
  private let signal = Atomic<Int32>(0)
  private let count = Atomic<Int>(0)

  /// A request not yet made.
  public init() {}

  /// Asks for the end of the job. The first request ends it gently, a second one at once.
  /// - Parameter signal: the reason, which becomes part of the launcher's exit code.
  public func cancel(signal: Int32 = SIGTERM) {
    _ = self.signal.compareExchange(expected: 0, desired: signal, ordering: .sequentiallyConsistent)
    count.add(1, ordering: .sequentiallyConsistent)
  }

  /// The signal of the first request, or nil.
  public var requestedSignal: Int32? {
    let value = signal.load(ordering: .sequentiallyConsistent)
    return value == 0 ? nil : value
  }

  var isUrgent: Bool { count.load(ordering: .sequentiallyConsistent) > 1 }
}

/// Signals belong to the whole process, and a handler can reach nothing but globals: so this one value is
/// shared by all traps.
private let cancellationBySignal = Cancellation()

/// Turns Ctrl-C, SIGTERM and SIGHUP of this process into a ``Cancellation`` instead of a sudden end.
public struct SignalTrap: ~Copyable {
  private static let signals = [SIGHUP, SIGINT, SIGTERM]
  private var previous: [(signal: Int32, action: sigaction)] = []

  /// What the signals cancel.
  public let cancellation: Cancellation

  /// Installs the handlers, except for signals that are ignored already; those that were there come back when the trap goes out of scope.
  public init() {
    cancellation = cancellationBySignal
    for signal in Self.signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { cancellationBySignal.cancel(signal: $0) }
      var old = sigaction()
      sigaction(signal, &action, &old)
      if Self.isIgnored(old) {
        // Below nohup, or in the background of a shell, the user has decided already.
        sigaction(signal, &old, nil)
      } else {
        previous.append((signal, old))
      }
    }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  deinit {
    for (signal, action) in previous {
      var action = action
      sigaction(signal, &action, nil)
    }
  }
}
