import Testing

@testable import Launcher

@Suite struct CoreListTests {
  @Test(arguments: [
    ("0", [0]), ("0,2-4,6", [0, 2, 3, 4, 6]), ("1, 3-5", [1, 3, 4, 5]), ("0-7", Array(0...7)),
  ])
  func `lists and ranges become cores and back`(text: String, cores: [Int]) throws {
    #expect(try CoreList.parse(text) == cores)
    #expect(try CoreList.parse(CoreList.text(cores)) == cores)
  }

  @Test(arguments: ["", "a", "1,", "3-1", "2-2", "0-2,1", "4,2", "1-2-3", "-1", "0x1", "99999"])
  func `lists that do not ascend or are malformed are refused`(text: String) {
    let error = #expect(throws: LaunchError.self) { try CoreList.parse(text) }
    #expect(error?.description.contains("--bind_core_list") == true)
  }

  @Test func `an overlap is named`() {
    let error = #expect(throws: LaunchError.self) { try CoreList.parse("0-3,2-5") }
    #expect(error?.description.contains("2 comes after 3") == true)
  }
}
