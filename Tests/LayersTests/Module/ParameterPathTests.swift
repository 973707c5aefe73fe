import Layers
import Testing

@Suite struct ParameterPathTests {
  @Test(
    "patterns cover whole paths, stars also over dots",
    arguments: [
      ("a.b.weight", "a.b.weight", true), ("a.b.weight", "*", true), ("a.b.weight", "*.weight", true),
      ("a.b.weight", "a.*", true), ("a.b.weight", "a.?.weight", true), ("a.b.weight", "*b*", true),
      ("a.b.weight", "a.b", false), ("a.b.weight", "b.*", false), ("a.b.weight", "*.bias", false),
      ("a.b.weight", "", false), ("", "", true), ("", "*", true), ("aab", "*ab", true), ("ab", "a**b", true),
    ])
  func matching(path: String, pattern: String, isMatch: Bool) {
    #expect(ParameterPath(path).matches(pattern) == isMatch)
  }

  @Test("paths grow by components")
  func appending() {
    #expect(ParameterPath.root.appending("a").appending("b.c").components == ["a", "b", "c"])
    #expect(ParameterPath("a").appending("") == "a")
  }

  @Test("the nearest name is found within a third of its length")
  func nearest() {
    let names = ["weight", "bias", "running_mean"]
    #expect(NearestName.find("wieght", among: names) == "weight")
    #expect(NearestName.find("runing_mean", among: names) == "running_mean")
    #expect(NearestName.find("xyz", among: names) == nil)
    #expect(NearestName.find("", among: names) == nil)
  }
}
