import Glibc

/// The file system that programs share memory through.
enum SharedMemory {
  /// Bytes free in /dev/shm; nil where there is none.
  static func freeBytes() -> Int? {
    var statistics = statvfs()
    guard statvfs("/dev/shm", &statistics) == 0 else { return nil }
    return Int(statistics.f_bavail) * Int(statistics.f_frsize)
  }
}
