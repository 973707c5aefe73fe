import Glibc

/// The time of day, as files show it; replaceable in tests.
public protocol WallClock: Sendable {
  /// Seconds since the start of 1970, UTC.
  func secondsSince1970() -> Double
}

/// The clock of the machine.
public struct SystemWallClock: WallClock {
  /// The machine's clock.
  public init() {}

  /// Seconds since the start of 1970, UTC.
  public func secondsSince1970() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}
