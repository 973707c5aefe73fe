import Testing

@testable import Optimizers

struct OptimizerOptionsTests {
  @Test func `defaults are DeepSpeed's`() {
    let options = AdamOptions()
    #expect(options.learningRate == 1e-3 && options.beta1 == 0.9 && options.beta2 == 0.999)
    #expect(
      options.epsilon == 1e-8 && options.weightDecay == 0 && options.isDecoupled && options.correctsBias)
  }

  @Test func `a group may replace rate and decay, and the rule takes them over`() throws {
    let all = [
      OptimizerOptions.adam(AdamOptions()), .sgd(SGDOptions()), .adagrad(AdagradOptions()), .lion(LionOptions()),
      .lamb(LambOptions()),
    ]
    for var options in all {
      options.learningRate = 0.25
      options.weightDecay = 0.5
      #expect(options.weightDecay == 0.5)
      #expect(try options.makeRule().learningRate == 0.25)
    }
  }

  @Test func `options out of range are errors that name them`() {
    let wrong: [(String, OptimizerOptions)] = [
      ("lr", .adam(AdamOptions(learningRate: -1))),
      ("lr", .sgd(SGDOptions(learningRate: .nan))),
      ("betas[0]", .adam(AdamOptions(beta1: 1))),
      ("betas[1]", .adam(AdamOptions(beta2: -0.1))),
      ("eps", .adam(AdamOptions(epsilon: -1e-8))),
      ("weight_decay", .adam(AdamOptions(weightDecay: .infinity))),
      ("momentum", .sgd(SGDOptions(momentum: -0.5))),
      ("eps", .adagrad(AdagradOptions(epsilon: -1))),
      ("betas[0]", .lion(LionOptions(beta1: 1))),
      ("max_coeff", .lamb(LambOptions(maximumRatio: 0.1, minimumRatio: 0.2))),
    ]
    for (name, options) in wrong {
      let error = #expect(throws: OptimizerError.self) { _ = try options.makeRule() }
      #expect(error?.description.contains("'\(name)'") == true)
    }
  }
}
