/// Updates that run beside training, asked for what they cannot do.
public enum UpdateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Masters and states are being updated since the backward pass before a step: nobody can read, replace or leave them.
  case underWay
  /// The optimizer was closed.
  case closed

  /// One line: what, what to do.
  public var description: String {
    switch self {
    case .underWay:
      "master weights and optimizer states are being updated since the last backward pass (super_offload); "
        + "call step() first"
    case .closed: "the engine was closed; make another one to train on"
    }
  }
}
