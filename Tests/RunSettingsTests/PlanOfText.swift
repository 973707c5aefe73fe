import RunSettings

/// The plan of a text on some ranks, in a run that knows nothing else.
func plan(_ text: String, ranks: Int = 2, strict: Bool = false) throws(ConfigurationError) -> RunPlan {
  try RunPlan(.text(text), facts: RunFacts(worldSize: ranks), strict: strict)
}

/// The plan of the inside of an object with a batch size beside it.
func planWithBatch(_ members: String, ranks: Int = 2) throws(ConfigurationError) -> RunPlan {
  try plan("{\"train_batch_size\": 8, \(members)}", ranks: ranks)
}

/// What is wrong with a text on some ranks; empty when nothing is.
func problems(_ text: String, ranks: Int = 2, strict: Bool = false) -> [ConfigurationProblem] {
  do throws(ConfigurationError) {
    _ = try plan(text, ranks: ranks, strict: strict)
    return []
  } catch {
    return error.problems
  }
}

/// What is wrong with the inside of an object with a batch size beside it.
func problemsWithBatch(_ members: String, ranks: Int = 2) -> [ConfigurationProblem] {
  problems("{\"train_batch_size\": 8, \(members)}", ranks: ranks)
}

/// The folder of this file's package.
func packageFolder() -> String {
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
}
