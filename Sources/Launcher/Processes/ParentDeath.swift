import Glibc

/// Lets this process end when the launcher that started it is gone, whatever ended that.
///
/// A launched program calls it first thing in `main`; it does nothing for a process without a launcher. The
/// launcher's own guard (see ``Supervisor``) ends the whole process group too, a moment later; this call
/// spares the moment and also works below `mpirun` and `srun`.
/// - Parameter environment: the variables of this process; `RANK` marks a launched rank.
/// - Returns: whether the kernel will send SIGKILL when the parent ends.
@discardableResult
public func dieWithParent(environment: [String: String] = ProcessEnvironment.current()) -> Bool {
  if environment["RANK"] == nil { return false }
  let parent = getppid()
  let isArmed = SystemCalls.setParentDeathSignal(SIGKILL)
  // The parent may have ended just before the call, and then nobody would send the signal.
  if getppid() != parent { Glibc.exit(128 + SIGKILL) }
  return isArmed
}

/// The environment variables of a process as a value.
public enum ProcessEnvironment {
  /// The variables of this process.
  public static func current() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
      let text = String(cString: pointer)
      if let equals = text.firstIndex(of: "=") {
        result[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      entry += 1
    }
    return result
  }
}
