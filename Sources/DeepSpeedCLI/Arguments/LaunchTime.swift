import Glibc

/// When a job was launched, so that start-up counts everything from the user's command on.
enum LaunchTime {
  /// The variable with the time of launch in seconds since 1970; a script may set it for a peer and for us
  /// alike.
  static let variable = "T0"

  /// Seconds since 1970.
  static var now: Double { seconds(CLOCK_REALTIME) }

  /// When this process began, in seconds since 1970, by the kernel's clock ticks since boot.
  static var ofThisProcess: Double {
    guard let file = fopen("/proc/self/stat", "r") else { return now }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    guard fgets(&buffer, Int32(buffer.count), file) != nil else { return now }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Field 22; the second field may hold spaces, but ends at the last parenthesis.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = Double(fields[20]) else { return now }
    return now - seconds(CLOCK_BOOTTIME) + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
