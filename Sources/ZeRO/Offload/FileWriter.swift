import AsyncFiles
import Torch

/// Writes behind: tensors go to a file while the program goes on, only so many at one time.
final class FileWriter {
  private let handle: AsyncFileHandle
  private let limit: Int
  private var underWay: [AsyncFileOperation] = []

  init(settings: FileSettings) throws {
    handle = try AsyncFileHandle(settings.files)
    limit = max(1, settings.bufferCount)
  }

  /// Begins to write `tensor`, which nobody changes any more.
  func write(_ tensor: Tensor, to file: AsyncFile, offset: Int) throws {
    if underWay.count == limit { try underWay.removeFirst().wait() }
    underWay.append(handle.startWrite(tensor, to: file, offset: offset))
    if handle.outstandingCount > 16 * limit { try finish() }
  }

  /// Returns when everything is in its file.
  func finish() throws {
    underWay = []
    try handle.wait()
  }
}
