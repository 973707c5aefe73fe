import Testing

@testable import ZeRO

@Suite struct UpdateBalanceTests {
  @Test func `an update is due when waiting gradients outweigh applied ones in enough weights`() {
    var balance = UpdateBalance(count: 2, share: 0.5, enough: 1)
    // Applied: 8 / 5 and 1 / 5; waiting: 1 / 5 and 2 / 5.
    balance.add([(chosen: 8, all: 9), (chosen: 1, all: 3)])
    #expect(!balance.isDue)
    // Applied: (8 / 5 + 1) / 2 / 5 = 0.26; waiting: 2 / 5.
    balance.add([(chosen: 1, all: 2), (chosen: 1, all: 3)])
    #expect(balance.isDue)
    balance.restart()
    // Applied goes on from what it was: 8 / 5; waiting starts again.
    balance.add([(chosen: 8, all: 9), (chosen: 1, all: 3)])
    #expect(!balance.isDue)
  }

  @Test func `some weights may lag behind`() {
    var balance = UpdateBalance(count: 2, share: 0.5, enough: 0.5)
    balance.add([(chosen: 8, all: 9), (chosen: 1, all: 3)])
    #expect(balance.isDue)
  }
}
