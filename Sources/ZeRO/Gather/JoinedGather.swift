import Collectives
import Torch

/// Begins to bring several units in one message, from which they are copied to their places.
///
/// - Parameter parts: this rank's part of each unit, bytes.
func beginJoinedGather(
  _ requests: [GatherRequest], from parts: [Tensor], in group: ProcessGroup
) throws -> any PendingGather {
  let own = try Tensor.cat(parts)
  let all = try Tensor.empty([group.size, own.elementCount], dtype: .uint8, device: own.device)
  let work = try group.allGather(into: all, from: own, label: GatherRequest.label(of: requests))
  return PendingWork { [size = group.size] in
    try work.wait()
    var start = 0
    for request in requests {
      let length = request.whole.byteCount / size
      copy(length, of: all, from: start, rowCount: size, to: request.whole)
      start += length
    }
  }
}

extension GatherRequest {
  /// What several units are called in messages.
  static func label(of requests: [GatherRequest]) -> String {
    let first = requests.first?.label ?? ""
    return requests.count > 1 ? "\(first) to \(requests.last?.label ?? first)" : first
  }
}

/// Joins `length` bytes of each row. A copy of bytes, because graphs refer to `whole`: to them its values never
/// changed.
private func copy(_ length: Int, of rows: Tensor, from start: Int, rowCount: Int, to whole: Tensor) {
  let rowLength = rows.byteCount / rowCount
  rows.withUnsafeMutableBytes { source in
    whole.withUnsafeMutableBytes { target in
      for row in 0..<rowCount {
        let part = UnsafeRawBufferPointer(rebasing: source[(row * rowLength + start)...].prefix(length))
        UnsafeMutableRawBufferPointer(rebasing: target[(row * length)...]).copyMemory(from: part)
      }
    }
  }
}
