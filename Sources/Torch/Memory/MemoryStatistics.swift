internal import CTorch
internal import Glibc

/// The memory of this process at one moment, in bytes.
public struct MemoryStatistics: Sendable, Equatable {
  /// Physical memory in use.
  public let residentBytes: Int
  /// The most physical memory that was in use since the start or the last reset.
  public let peakResidentBytes: Int
  /// CPU memory of tensors alive, as the allocator rounds it.
  public let tensorBytes: Int
  /// The most CPU memory of tensors since the start or the last reset.
  public let peakTensorBytes: Int

  /// CPU memory that no tensor uses and that waits for the next one; part of the resident bytes.
  public let waitingBytes: Int

  /// The memory now. Resident sizes are 0 where the system does not tell.
  public static func now() -> MemoryStatistics {
    let status = readAll("/proc/self/status")
    return MemoryStatistics(
      residentBytes: kilobytes("VmRSS:", in: status) * 1024,
      peakResidentBytes: kilobytes("VmHWM:", in: status) * 1024, tensorBytes: ct_memory_allocated(),
      peakTensorBytes: ct_memory_peak(), waitingBytes: ct_memory_waiting())
  }

  /// Starts both peaks again from what is in use now.
  public static func resetPeaks() {
    ct_memory_reset_peak()
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // 5 is the kernel's word for the peak of resident memory.
    _ = write(descriptor, "5", 1)
    close(descriptor)
  }

  /// Gives memory that waits for the next tensor back to the system.
  ///
  /// Memory of large tensors is kept when they end, because the system hands out fresh memory many times
  /// slower than a kernel writes it. Worth calling when a program is done with its largest tensors, as after
  /// loading a model.
  public static func releaseWaiting() {
    ct_memory_trim()
  }

  private static func readAll(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(unsafeUninitializedCapacity: 8192) { max(0, read(descriptor, $0.baseAddress, $0.count)) }
  }

  /// The number in a line such as "VmRSS:   1234 kB".
  private static func kilobytes(_ key: String, in status: String) -> Int {
    for line in status.split(separator: "\n") where line.hasPrefix(key) {
      return Int(line.dropFirst(key.count).filter(\.isNumber)) ?? 0
    }
    return 0
  }
}
