import Glibc

/// Cancels a job when standard input ends: on a remote node that means the launcher is gone.
///
/// A thread of its own waits for it; ``stop()`` ends the thread.
final class InputWatch {
  private final class Request: Sendable {
    let cancellation: Cancellation
    let stopDescriptor: Int32

    init(cancellation: Cancellation, stopDescriptor: Int32) {
      self.cancellation = cancellation
      self.stopDescriptor = stopDescriptor
    }
  }

  private let stopWriter: Int32
  private let stopReader: Int32
  private var thread = pthread_t()

  /// Starts to watch; nil when there are no descriptors or threads left to do it with.
  init?(cancellation: Cancellation) {
    guard let ends = try? SystemCalls.makePipe() else { return nil }
    stopReader = ends.reading
    stopWriter = ends.writing
    let request = Request(cancellation: cancellation, stopDescriptor: ends.reading)
    let argument = Unmanaged.passRetained(request)
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        InputWatch.watch(Unmanaged<Request>.fromOpaque(argument).takeRetainedValue())
        return nil
      }, argument.toOpaque())
    if status != 0 {
      argument.release()
      return nil
    }
  }

  deinit {
    close(stopWriter)
    close(stopReader)
  }

  func stop() {
    TextFile.writeAll([0], to: stopWriter)
    pthread_join(thread, nil)
  }

  private static func watch(_ request: Request) {
    var chunk = [UInt8](repeating: 0, count: 256)
    while true {
      var descriptors = [
        pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
        pollfd(fd: request.stopDescriptor, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&descriptors, 2, -1) < 0, errno == EINTR { continue }
      if descriptors[1].revents != 0 { return }
      if read(0, &chunk, chunk.count) <= 0 {
        request.cancellation.cancel(signal: SIGTERM)
        return
      }
    }
  }
}
