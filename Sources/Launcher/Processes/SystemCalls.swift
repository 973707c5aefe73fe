import Glibc

/// Linux calls that the Glibc overlay does not show to Swift, looked up by name once per use.
///
/// Each wrapper says what a caller gets where the C library or the kernel is too old to have the call.
enum SystemCalls {
  private typealias AffinityCall = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32
  private typealias ForkCall = @convention(c) () -> pid_t
  private typealias PipeCall = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
  private typealias ProcessControlCall = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
  private typealias ProcessDescriptorCall = @convention(c) (pid_t, UInt32) -> Int32

  private static let maskWords = 128

  /// The logical cores that the calling thread may run on, ascending; empty where that is unknown.
  static func affinity() -> [Int] {
    guard let call = look(up: "sched_getaffinity", as: AffinityCall.self) else { return [] }
    var mask = [UInt64](repeating: 0, count: maskWords)
    let status = mask.withUnsafeMutableBytes { call(0, $0.count, $0.baseAddress!) }
    if status < 0 { return [] }
    return (0..<maskWords * 64).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// Binds the calling thread, and the processes it will start, to logical cores.
  /// - Returns: zero, or the error number.
  static func setAffinity(_ cores: [Int]) -> Int32 {
    guard let call = look(up: "sched_setaffinity", as: AffinityCall.self) else { return ENOSYS }
    var mask = [UInt64](repeating: 0, count: maskWords)
    for core in cores where core < maskWords * 64 { mask[core / 64] |= 1 << UInt64(core % 64) }
    return mask.withUnsafeMutableBytes { call(0, $0.count, $0.baseAddress!) } == 0 ? 0 : errno
  }

  /// A pipe whose ends no child inherits by accident.
  static func makePipe() throws(LaunchError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    let status: Int32
    if let call = look(up: "pipe2", as: PipeCall.self) {
      status = call(&ends, O_CLOEXEC)
    } else {
      status = pipe(&ends)
      for end in ends where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    if status != 0 { throw .spawnFailed(program: "a pipe", reason: systemError(errno)) }
    return (ends[0], ends[1])
  }

  /// Two connected sockets, which unlike a pipe can be written to without the risk of SIGPIPE.
  static func makeSocketPair() throws(LaunchError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    if socketpair(AF_UNIX, kind, 0, &ends) != 0 {
      throw .spawnFailed(program: "a socket pair", reason: systemError(errno))
    }
    return (ends[0], ends[1])
  }

  /// A descriptor that becomes readable when the process ends, or -1 on kernels before 5.3.
  static func processDescriptor(_ process: pid_t) -> Int32 {
    guard let call = look(up: "pidfd_open", as: ProcessDescriptorCall.self) else { return -1 }
    return call(process, 0)
  }

  /// Asks the kernel to send `signal` to this process when its parent ends.
  /// - Returns: whether the kernel agreed.
  static func setParentDeathSignal(_ signal: Int32) -> Bool {
    let setParentDeathSignalOption: Int32 = 1
    guard let call = look(up: "prctl", as: ProcessControlCall.self) else { return false }
    return call(setParentDeathSignalOption, UInt(signal), 0, 0, 0) == 0
  }

  /// Makes a copy of this process, in which only the calling thread goes on.
  /// - Returns: the copy's number, 0 in the copy, or -1 with `errno` set.
  static func fork() -> pid_t {
    guard let call = look(up: "fork", as: ForkCall.self) else {
      errno = ENOSYS
      return -1
    }
    return call()
  }

  /// Closes what a program started by `exec` would not have seen.
  static func closeDescriptorsOfThisProgram() {
    for descriptor in Folder.entries(of: "/proc/self/fd")?.compactMap({ Int32($0) }) ?? Array(3..<1024) {
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0, flags & FD_CLOEXEC != 0 { close(descriptor) }
    }
  }

  private static func look<Function>(up name: String, as type: Function.Type) -> Function? {
    dlsym(nil, name).map { unsafeBitCast($0, to: type) }
  }
}
