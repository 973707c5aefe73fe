import Collectives
import Launcher
import Torch

/// This process as one rank of a job.
enum RankProcess {
  /// True when a launcher started this process.
  static var isRank: Bool {
    Rendezvous.processVariable("RANK") != nil && Rendezvous.processVariable("WORLD_SIZE") != nil
  }

  /// Joins the other ranks and runs `body`; an error ends them all at once instead of letting them wait.
  ///
  /// - Throws: `CollectiveError`, what `body` throws.
  static func run(timeout: Duration, _ body: (RankContext) throws -> Void) throws {
    let environment = ProcessEnvironment.current()
    if isRank { _ = dieWithParent(environment: environment) }
    if let count = try RankEnvironment.threadCount(environment: environment) {
      try Torch.setThreadCount(count)
    }
    let context = try Rendezvous.join(timeout: timeout)
    do {
      try body(context)
      context.leave()
    } catch {
      context.abort(reason: "\(error)")
      throw CommandFailure(
        message: context.worldSize > 1 ? "rank \(context.rank): \(error)" : "\(error)", code: exitCode(of: error))
    }
  }

  /// A rank that only lost another one says so by its code, so that the launcher reports the real culprit.
  private static func exitCode(of error: any Error) -> Int32 {
    switch error as? CollectiveError {
    case .rankFailed, .connectionLost: ProcessExit.lostPeerCode
    default: 1
    }
  }
}

/// Where `deepspeed` keeps what it can make again.
enum CacheFolder {
  /// Tokenised text.
  static var tokens: String? {
    let home = Rendezvous.processVariable("HOME").map { "\($0)/.cache/deepspeed-swift" }
    return (Rendezvous.processVariable("DEEPSPEED_CACHE") ?? home).map { "\($0)/tokens" }
  }
}
