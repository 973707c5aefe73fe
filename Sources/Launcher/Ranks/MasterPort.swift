import Glibc

/// The port on which rank 0 waits for the others.
public enum MasterPort {
  /// The port used when none is asked for and it is free.
  public static let standard = 29_500

  /// Chooses the port.
  /// - Parameters:
  ///   - requested: the value of `--master_port`; nil when the option was not given, 0 for any free port.
  ///   - isHere: whether rank 0 will run on this machine, where ports can be tried.
  ///   - isFree: whether a port of this machine is free; replaceable in tests.
  /// - Returns: the port; the standard one gives way to a free one, an explicit one never does.
  /// - Throws: ``LaunchError/portInUse(port:remedy:)`` for an explicit port that is taken,
  ///   ``LaunchError/badValue(option:found:expected:)`` for numbers that are no port.
  public static func resolve(
    requested: Int?, isHere: Bool, isFree: (Int) -> Bool = MasterPort.isFree
  ) throws(LaunchError) -> Int {
    guard let requested else {
      return !isHere || isFree(standard) ? standard : try anyFree()
    }
    if !(0...65_535).contains(requested) {
      throw .badValue(
        option: "--master_port", found: "\(requested)", expected: "0 to 65535, 0 for any free port")
    }
    if !isHere {
      if requested > 0 { return requested }
      throw .badValue(
        option: "--master_port", found: "0", expected: "a number, because rank 0 runs on another machine")
    }
    if requested == 0 { return try anyFree() }
    if isFree(requested) { return requested }
    throw .portInUse(port: requested, remedy: "Give --master_port another number, or 0 to take any free port")
  }

  /// Whether a program could listen on `port` of this machine now.
  public static func isFree(_ port: Int) -> Bool { listen(on: port) != nil }

  /// A port of this machine that is free now.
  /// - Throws: ``LaunchError/portInUse(port:remedy:)`` in the rare case that none is.
  public static func anyFree() throws(LaunchError) -> Int {
    guard let port = listen(on: 0) else {
      throw .portInUse(
        port: 0, remedy: "All ports seem to be taken; end programs that listen on many of them")
    }
    return port
  }

  /// Listens for a moment, on IPv6 with IPv4 as the rendezvous does, or on IPv4 alone where IPv6 is off.
  private static func listen(on port: Int) -> Int? {
    var wide = sockaddr_in6()
    wide.sin6_family = sa_family_t(AF_INET6)
    wide.sin6_port = UInt16(port).bigEndian
    if listens(AF_INET6, &wide) { return Int(UInt16(bigEndian: wide.sin6_port)) }
    if errno == EADDRINUSE { return nil }
    var narrow = sockaddr_in()
    narrow.sin_family = sa_family_t(AF_INET)
    narrow.sin_port = UInt16(port).bigEndian
    return listens(AF_INET, &narrow) ? Int(UInt16(bigEndian: narrow.sin_port)) : nil
  }

  /// Whether listening on `address` works; fills in the port that was given, or sets `errno`.
  private static func listens<Address>(_ family: Int32, _ address: inout Address) -> Bool {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    if descriptor < 0 { return false }
    var (yes, no): (Int32, Int32) = (1, 0)
    let optionLength = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, optionLength)
    if family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, optionLength) }
    var length = socklen_t(MemoryLayout<Address>.size)
    let works = withUnsafeMutableBytes(of: &address) { bytes in
      let generic = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      return Glibc.bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, 1) == 0
        && getsockname(descriptor, generic, &length) == 0
    }
    let failure = errno
    close(descriptor)
    errno = failure
    return works
  }
}
