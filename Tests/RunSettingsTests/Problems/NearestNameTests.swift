import Testing

@testable import RunSettings

@Suite struct NearestNameTests {
  @Test("Slips of a few letters find their name")
  func typos() {
    let names = RunKeys.layout.names
    let expected = [
      "bf_16": "bf16", "BF16": "bf16", "fp61": "fp16", "train_batchsize": "train_batch_size",
      "gradient_cliping": "gradient_clipping", "zero_optimisation": "zero_optimization",
      "optimzer": "optimizer", "shceduler": "scheduler", "steps-per-print": "steps_per_print",
      "gradient_accumulation_step": "gradient_accumulation_steps", "comms_loger": "comms_logger",
    ]
    for (written, meant) in expected {
      #expect(NearestName.match(for: written, among: names) == meant, "\(written)")
    }
  }

  @Test("Names of the user's own are left alone")
  func ownNames() {
    let names = RunKeys.layout.names
    for own in ["model", "my_data", "seed", "tmp", "x", "", "run_name", "notes", "air", "lr", "epochs"] {
      #expect(NearestName.match(for: own, among: names) == nil, "\(own)")
    }
  }

  @Test("The distance counts insertions, deletions, replacements and swaps")
  func distance() {
    let cases = [
      ("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3),
      ("ab", "ba", 1),
      ("abcd", "badc", 2),
    ]
    for (a, b, expected) in cases {
      #expect(NearestName.editDistance(Array(a.utf8), Array(b.utf8)) == expected, "\(a) \(b)")
      #expect(NearestName.editDistance(Array(b.utf8), Array(a.utf8)) == expected, "\(b) \(a)")
    }
  }
}
