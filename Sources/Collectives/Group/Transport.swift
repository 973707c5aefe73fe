internal import CTorch

/// How the ranks of a group reach each other.
public enum Transport: String, Sendable, CaseIterable {
  /// Shared memory where all ranks of the group are on one host; the hierarchy where several hosts have the same
  /// number of ranks, two or more; else Gloo.
  case automatic
  /// Connections over TCP.
  case gloo
  /// Memory that the ranks of one machine share; an error where they cannot.
  case sharedMemory = "shared-memory"
  /// Shared memory inside every host, and Gloo between ranks of the same number on their hosts, so that each byte
  /// crosses between hosts once; an error where there are no such hosts.
  case hierarchy

  var code: ct_transport {
    switch self {
    case .automatic: CT_TRANSPORT_AUTOMATIC
    case .gloo: CT_TRANSPORT_GLOO
    case .sharedMemory: CT_TRANSPORT_SHARED_MEMORY
    case .hierarchy: CT_TRANSPORT_HIERARCHY
    }
  }

  init(code: ct_transport) {
    self =
      switch code {
      case CT_TRANSPORT_SHARED_MEMORY: .sharedMemory
      case CT_TRANSPORT_HIERARCHY: .hierarchy
      default: .gloo
      }
  }
}

/// Bytes that a rank has given to others, by the link that they take.
public struct LinkBytes: Sendable, Hashable {
  /// To ranks of the same host.
  public var withinHost = 0
  /// To ranks of other hosts.
  public var betweenHosts = 0

  /// Nothing yet.
  public init() {}

  /// These bytes.
  public init(withinHost: Int, betweenHosts: Int) {
    self.withinHost = withinHost
    self.betweenHosts = betweenHosts
  }

  init(_ traffic: ct_traffic) {
    self.init(withinHost: traffic.within_host, betweenHosts: traffic.between_hosts)
  }

  /// Over all links.
  public var total: Int { withinHost + betweenHosts }

  /// Adds link by link.
  public static func += (sum: inout LinkBytes, other: LinkBytes) {
    sum.withinHost += other.withinHost
    sum.betweenHosts += other.betweenHosts
  }

  /// The bytes of one of `count` like operations.
  func divided(by count: Int) -> LinkBytes {
    LinkBytes(withinHost: withinHost / count, betweenHosts: betweenHosts / count)
  }

  /// What was sent between two looks at a counter.
  public static func - (later: LinkBytes, earlier: LinkBytes) -> LinkBytes {
    LinkBytes(
      withinHost: later.withinHost - earlier.withinHost, betweenHosts: later.betweenHosts - earlier.betweenHosts)
  }
}
