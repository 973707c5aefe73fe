internal import CTorch
internal import Glibc

/// A key-value store that ranks share: how they find each other, and how they tell what went wrong.
///
/// Any thread may use it.
public final class Store: Sendable {
  /// The C handle, as a number because a pointer is not Sendable. The C functions behind it take locks of
  /// their own, and the handle ends with this object.
  private let address: UInt

  private init(owning handle: OpaquePointer?) {
    address = UInt(bitPattern: handle)
  }

  deinit {
    ct_store_release(handle)
  }

  private var handle: OpaquePointer? { OpaquePointer(bitPattern: address) }

  /// A store for the threads of this process.
  ///
  /// - Throws: `CollectiveError.store`.
  public static func inMemory() throws(CollectiveError) -> Store {
    var result: OpaquePointer?
    try check(ct_store_hash(&result), "make a store in memory")
    return Store(owning: result)
  }

  /// A store in a file that all ranks reach, which the last of `ranks` to leave removes.
  ///
  /// - Throws: `CollectiveError.store`.
  public static func inFile(_ path: String, ranks: Int) throws(CollectiveError) -> Store {
    var result: OpaquePointer?
    try check(ct_store_file(path, ranks, &result), "open the store in \(path)")
    return Store(owning: result)
  }

  /// A store served by this process.
  ///
  /// - Parameters:
  ///   - port: The port to listen at, 0 for one that is free.
  ///   - timeout: How long a get or wait at this store may take before it is an error.
  /// - Returns: The store, and the port it listens at.
  /// - Throws: `CollectiveError.portInUse`, or `store` with what the system said.
  public static func serving(port: Int, timeout: Duration) throws(CollectiveError) -> (
    store: Store, port: Int
  ) {
    // Asked first, because c10d reports on standard error what it meets.
    if port != 0, Socket.isPortTaken(port) { throw .portInUse(port: port) }
    var result: OpaquePointer?
    var chosen: UInt16 = 0
    let status = ct_store_tcp(
      "localhost", UInt16(clamping: port), true, -1, timeout.milliseconds, &result, &chosen)
    if status != CT_OK {
      throw .store(action: "serve a store at port \(port)", reason: String(cString: ct_error_message()))
    }
    return (Store(owning: result), Int(chosen))
  }

  /// A store that another process serves.
  ///
  /// - Throws: `CollectiveError.masterUnreachable` when nobody answers within the timeout.
  public static func connecting(
    to host: String, port: Int, timeout: Duration
  ) throws(CollectiveError) -> Store {
    guard Socket.waitUntilServed(host: host, port: port, timeout: timeout) else {
      throw .masterUnreachable(host: host, port: port, after: timeout)
    }
    var result: OpaquePointer?
    var chosen: UInt16 = 0
    let status = ct_store_tcp(
      host, UInt16(clamping: port), false, -1, timeout.milliseconds, &result, &chosen)
    if status != CT_OK { throw .masterUnreachable(host: host, port: port, after: timeout) }
    return Store(owning: result)
  }

  /// The part of this store whose keys begin with `prefix`.
  ///
  /// - Throws: `CollectiveError.store`.
  public func prefixed(_ prefix: String) throws(CollectiveError) -> Store {
    var result: OpaquePointer?
    try Self.check(ct_store_prefix(prefix, handle, &result), "use the prefix \(prefix)")
    return Store(owning: result)
  }

  /// The same store over a connection of its own, which waiting on this one does not block.
  ///
  /// - Throws: `CollectiveError.store`.
  public func separateConnection() throws(CollectiveError) -> Store {
    var result: OpaquePointer?
    try Self.check(ct_store_clone(handle, &result), "open a second connection")
    return Store(owning: result)
  }

  /// Sets a key.
  ///
  /// - Throws: `CollectiveError.store`.
  public func set(_ key: String, _ value: [UInt8]) throws(CollectiveError) {
    try Self.check(ct_store_set(handle, key, value, value.count), "set \(key)")
  }

  /// Sets a key to text.
  ///
  /// - Throws: `CollectiveError.store`.
  public func set(_ key: String, _ value: String) throws(CollectiveError) {
    try set(key, Array(value.utf8))
  }

  /// The value of a key, once some rank has set it.
  ///
  /// - Throws: `CollectiveError.store` when the key does not come within the timeout.
  public func get(_ key: String, timeout: Duration) throws(CollectiveError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Self.check(ct_store_get(handle, key, timeout.milliseconds, &bytes, &count), "get \(key)")
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// The value of a key as text, once some rank has set it.
  ///
  /// - Throws: `CollectiveError.store` when the key does not come within the timeout.
  public func text(_ key: String, timeout: Duration) throws(CollectiveError) -> String {
    String(decoding: try get(key, timeout: timeout), as: UTF8.self)
  }

  /// Waits until some rank has set a key.
  ///
  /// - Throws: `CollectiveError.store` when the key does not come within the timeout.
  public func wait(for key: String, timeout: Duration) throws(CollectiveError) {
    try Self.check(ct_store_wait(handle, key, timeout.milliseconds), "wait for \(key)")
  }

  /// Whether a key is set.
  ///
  /// - Throws: `CollectiveError.store`.
  public func contains(_ key: String) throws(CollectiveError) -> Bool {
    var result = false
    try Self.check(ct_store_check(handle, key, &result), "look for \(key)")
    return result
  }

  /// Adds to a counter, which starts at 0, and yields its new value.
  ///
  /// - Throws: `CollectiveError.store`.
  @discardableResult
  public func add(_ key: String, _ amount: Int) throws(CollectiveError) -> Int {
    var result = 0
    try Self.check(ct_store_add(handle, key, amount, &result), "add to \(key)")
    return result
  }

  /// Removes a key, and says whether it was there.
  ///
  /// - Throws: `CollectiveError.store`.
  @discardableResult
  public func remove(_ key: String) throws(CollectiveError) -> Bool {
    var result = false
    try Self.check(ct_store_delete(handle, key, &result), "remove \(key)")
    return result
  }

  /// Connects this rank to the others of a group through the store.
  func connect(
    rank: Int, hosts: HostPlacement, address: String, transport: Transport, timeout: Duration
  ) throws(CollectiveError) -> Connection {
    var result: OpaquePointer?
    try Self.check(
      ct_group_connect(
        handle, rank, hosts.hostOfRank.count, hosts.hostOfRank, address, transport.code, timeout.milliseconds,
        &result),
      "connect to the other ranks")
    return Connection(owning: result)
  }

  private static func check(_ status: ct_status, _ action: @autoclosure () -> String) throws(CollectiveError)
  {
    if status != CT_OK { throw .store(action: action(), reason: String(cString: ct_error_message())) }
  }
}

extension Duration {
  /// Whole milliseconds, at least one for a time that is not zero.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    let parts = Int(attoseconds / 1_000_000_000_000_000)
    let whole = Int(clamping: seconds).multipliedReportingOverflow(by: 1000)
    let total = whole.overflow ? Int(Int32.max) : Swift.min(whole.partialValue + parts, Int(Int32.max))
    return total == 0 && self > .zero ? 1 : total
  }

  /// Seconds with one digit, for messages.
  var secondsText: String {
    let tenths = (milliseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
