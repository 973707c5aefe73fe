internal import CTorch

/// How the ranks of a group reach each other.
public enum Transport: String, Sendable, CaseIterable {
  /// Shared memory where all ranks of the group are on one machine, else Gloo.
  case automatic
  /// Connections over TCP.
  case gloo
  /// Memory that the ranks of one machine share; an error where they cannot.
  case sharedMemory = "shared-memory"

  var code: ct_transport {
    switch self {
    case .automatic: CT_TRANSPORT_AUTOMATIC
    case .gloo: CT_TRANSPORT_GLOO
    case .sharedMemory: CT_TRANSPORT_SHARED_MEMORY
    }
  }

  init(code: ct_transport) {
    self = code == CT_TRANSPORT_SHARED_MEMORY ? .sharedMemory : .gloo
  }
}
