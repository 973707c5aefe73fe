import AsyncFiles
import Collectives
import Torch

/// Tensors whose values are elsewhere for a while, as between the training and the generation of
/// reinforcement learning.
///
/// The tensors stay, and with them all views of them; what lies behind them is given back, on the CPU page by
/// page, on another device by emptying their storage.
public final class StatesAway {
  /// The kinds of states that are away.
  public let states: Set<ModelState>
  /// Bytes that were given back on this rank, but for pages that neighbours use too.
  public let byteCount: Int
  private let tensors: [Tensor]
  private let copies: Copies
  private let ranks: ProcessGroup

  private enum Copies {
    case host([Tensor])
    case file(AsyncFile, AsyncFileHandle, offsets: [Int])
  }

  /// Saves the tensors, and frees them when all ranks have saved theirs: nobody reads this rank's shards any
  /// more.
  init(states: Set<ModelState>, tensors: [Tensor], refuge: StateRefuge, ranks: ProcessGroup) throws {
    self.states = states
    self.ranks = ranks
    switch refuge {
    case .host:
      self.tensors = tensors.filter { $0.device != .cpu }
      copies = .host(try self.tensors.map { try $0.to(.cpu) })
    case .files(let settings):
      self.tensors = tensors
      copies = try StatesAway.write(tensors, settings, rank: ranks.rank)
    }
    byteCount = self.tensors.reduce(0) { $0 + $1.byteCount }
    try ranks.barrier(label: "states are put away")
    for tensor in self.tensors {
      if tensor.device == .cpu { try tensor.discardPages() } else { try tensor.resizeStorage(byteCount: 0) }
    }
  }

  private static func write(_ tensors: [Tensor], _ settings: FileSettings, rank: Int) throws -> Copies {
    let handle = try AsyncFileHandle(settings.files)
    var end = 0
    let offsets = tensors.map { tensor in
      // Whole pages, so that all of them bypass the page cache.
      defer { end += (tensor.byteCount + 4095) / 4096 * 4096 }
      return end
    }
    let file = try ScratchFile.open("offloaded_states/rank\(rank)/states.swp", in: settings.folder, byteCount: end)
    for (tensor, offset) in zip(tensors, offsets) where tensor.byteCount > 0 {
      try handle.write(tensor.to(.cpu), to: file, offset: offset)
    }
    return .file(file, handle, offsets: offsets)
  }

  /// Gives the tensors their memory and values back, and returns when all ranks have.
  func restore() throws {
    for (index, tensor) in tensors.enumerated() where tensor.byteCount > 0 {
      if tensor.device != .cpu { try tensor.resizeStorage(byteCount: tensor.byteCount) }
      switch copies {
      case .host(let copies): try tensor.copyInPlace(copies[index])
      case .file(let file, let handle, let offsets):
        let target = tensor.device == .cpu ? tensor : try Tensor.empty(tensor.shape, dtype: tensor.dtype)
        try handle.read(into: target, from: file, offset: offsets[index])
        if tensor.device != .cpu { try tensor.copyInPlace(target) }
      }
    }
    try ranks.barrier(label: "states are back")
  }
}
