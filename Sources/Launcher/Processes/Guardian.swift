import Glibc

/// A small shell process that outlives the launcher and then ends the ranks the launcher left behind.
///
/// It reads the numbers of process groups from a socket. When the launcher ends in whatever way, the kernel
/// closes the socket: the guardian then sends SIGTERM, and after the grace period SIGKILL, to those groups.
/// No rank has to cooperate, and children of ranks end as well.
final class Guardian {
  private static let script = """
    groups=
    while read -r word group; do
      case $word in
        watch) groups="$groups -$group" ;;
        dismiss) exit 0 ;;
      esac
    done
    [ -n "$groups" ] || exit 0
    kill -s TERM -- $groups
    sleep "$1"
    kill -s KILL -- $groups
    """
  private let shell: ChildProcess

  /// Starts the guardian; nil where there is no shell, and then nobody watches.
  init?(grace: Duration, environment: [String: String]) {
    let seconds = max(1, grace.components.seconds)
    let command = ProcessCommand(
      executable: "/bin/sh", arguments: ["-c", Self.script, "deepspeed-guardian", "\(seconds)"],
      environment: environment, input: .lifeline)
    guard let shell = try? ChildProcess(command) else { return nil }
    self.shell = shell
  }

  /// Adds a process group to those that must not survive the launcher.
  func watch(group: pid_t) { shell.tell("watch \(group)\n") }

  /// Ends the guardian without harm to anybody.
  func dismiss() {
    shell.tell("dismiss\n")
    shell.closeLifeline()
    shell.waitForExit()
  }
}
