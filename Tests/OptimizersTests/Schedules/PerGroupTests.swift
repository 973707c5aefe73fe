import Foundation
import Testing

@testable import Optimizers

struct PerGroupTests {
  @Test func `a number and a list are read from JSON`() throws {
    let decoder = JSONDecoder()
    #expect(try decoder.decode([PerGroup].self, from: Data("[0.5, [1, 2]]".utf8)) == [0.5, .each([1, 2])])
  }

  @Test func `a schedule survives a round trip through the names of the config`() throws {
    let schedule = OneCycle(minimum: .each([0.1, 0.2]), maximum: 1, riseSize: 7, fallStairs: 3)
    let data = try JSONEncoder().encode(schedule)
    #expect(String(decoding: data, as: UTF8.self).contains("\"cycle_first_step_size\":7"))
    #expect(try JSONDecoder().decode(OneCycle.self, from: data) == schedule)
  }
}
