import Testing

@testable import Launcher

@Suite struct MasterPortTests {
  @Test func `the standard port gives way, an asked one does not`() throws {
    #expect(try MasterPort.resolve(requested: nil, isHere: true, isFree: { _ in true }) == 29_500)
    #expect(try MasterPort.resolve(requested: nil, isHere: true, isFree: { _ in false }) != 29_500)
    #expect(try MasterPort.resolve(requested: 4000, isHere: true, isFree: { _ in true }) == 4000)
    let error = #expect(throws: LaunchError.self) {
      try MasterPort.resolve(requested: 4000, isHere: true, isFree: { _ in false })
    }
    #expect(error?.description.contains("Port 4000") == true)
  }

  @Test func `ports of other machines are taken on trust`() throws {
    #expect(try MasterPort.resolve(requested: 4000, isHere: false, isFree: { _ in false }) == 4000)
    #expect(try MasterPort.resolve(requested: nil, isHere: false, isFree: { _ in false }) == 29_500)
    #expect(throws: LaunchError.self) { try MasterPort.resolve(requested: 0, isHere: false) }
    #expect(throws: LaunchError.self) { try MasterPort.resolve(requested: 65_536, isHere: true) }
  }

  @Test func `a port somebody listens on is seen as taken`() throws {
    let listener = try Listener()
    #expect(!MasterPort.isFree(listener.port))
    #expect(throws: LaunchError.self) { try MasterPort.resolve(requested: listener.port, isHere: true) }
    let free = try MasterPort.resolve(requested: 0, isHere: true)
    #expect((1...65_535).contains(free) && free != listener.port)
  }
}
