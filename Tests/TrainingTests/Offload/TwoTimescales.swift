/// ZenFlow in plain loops: linear layers on fixed numbers, their exact gradients, and AdamW at two
/// timescales.
struct TwoTimescales {
  let choiceInterval: Int?
  let updateInterval: Int?
  let warmup: Int
  let overlaps: Bool
  let clipping: Double
  let share = 0.4, outweighed = 0.99
  let rate = 0.02, beta1 = 0.9, beta2 = 0.95, decay = 0.1, epsilon = 1e-8

  var name: String {
    "columns every \(choiceInterval ?? 0), rest every \(updateInterval ?? 0), warm-up \(warmup), "
      + "\(overlaps ? "overlapped" : "in the step"), clipped at \(clipping)"
  }

  /// Moments of a rule.
  struct Moments {
    var first: [Double]
    var second: [Double]
    init(_ count: Int) { (first, second) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count)) }
  }

  struct Weight {
    /// Columns; nil for a bias.
    let width: Int?
    /// What the layers compute with.
    var shown: [Double]
    var master: [Double]
    var moments: Moments
    var chosen: Set<Int> = []
    var own: [Double]
    var ownMoments: Moments
    var waiting: [Double]
    /// For the rule of automatic updates.
    var applied = 0.0
    var neglected = 0.0

    init(_ values: [Double], width: Int?) {
      self.width = width
      (shown, master, own) = (values, values, values)
      moments = Moments(values.count)
      ownMoments = moments
      waiting = moments.first
    }

    func isChosen(_ index: Int) -> Bool { width.map { chosen.contains(index % $0) } ?? true }
  }

  private(set) var weights: [Weight] = []
  private var step = 0
  private var hostSteps = 0
  private var ownSteps = 0
  private var waitingSteps = 0
  private var balanceSteps = 0
  private var results: [[Double]]?

  init(
    choiceInterval: Int? = 6, updateInterval: Int? = 3, warmup: Int = 0, overlaps: Bool = false, clipping: Double = 0
  ) {
    self.choiceInterval = choiceInterval
    self.updateInterval = updateInterval
    self.warmup = warmup
    self.overlaps = overlaps
    self.clipping = clipping
  }

  mutating func start(_ weights: [Weight]) { self.weights = weights }

  private func adam(
    _ values: inout [Double], _ moments: inout Moments, _ gradient: [Double], step: Int, where isUpdated: (Int) -> Bool
  ) {
    var (correction1, correction2) = (1.0, 1.0)
    for _ in 0..<step { (correction1, correction2) = (correction1 * beta1, correction2 * beta2) }
    for index in values.indices where isUpdated(index) {
      let g = gradient[index]
      moments.first[index] = beta1 * moments.first[index] + (1 - beta1) * g
      moments.second[index] = beta2 * moments.second[index] + (1 - beta2) * g * g
      let root = (moments.second[index] / (1 - correction2)).squareRoot() + epsilon
      values[index] -= rate * moments.first[index] / (1 - correction1) / root + rate * decay * values[index]
    }
  }

  private mutating func applyWaiting() {
    guard waitingSteps > 0 else { return }
    hostSteps += 1
    for index in weights.indices {
      let mean = weights[index].waiting.map { $0 / Double(waitingSteps) }
      var weight = weights[index]
      adam(&weight.master, &weight.moments, mean, step: hostSteps) { _ in true }
      weight.waiting = mean.map { _ in 0 }
      weight.neglected = 0
      weights[index] = weight
    }
    (waitingSteps, balanceSteps) = (0, 0)
    results = weights.map(\.master)
  }

  private mutating func land() {
    guard let results else { return }
    for index in weights.indices { weights[index].shown = results[index] }
    self.results = nil
  }

  private mutating func choose(_ gradients: [[Double]]) {
    land()
    applyWaiting()
    land()
    for index in weights.indices {
      // What was chosen has its weights in the masters from now on.
      for place in weights[index].own.indices where step > warmup && weights[index].isChosen(place) {
        weights[index].master[place] = weights[index].own[place]
        weights[index].shown[place] = weights[index].own[place]
      }
      if let width = weights[index].width {
        var sums = [Double](repeating: 0, count: width)
        for (place, g) in gradients[index].enumerated() { sums[place % width] += abs(g) }
        let order = (0..<width).sorted { sums[$0] > sums[$1] }
        weights[index].chosen = Set(order.prefix(Int(share * Double(width))))
      }
      weights[index].own = weights[index].master
      weights[index].ownMoments = Moments(weights[index].own.count)
    }
    ownSteps = 0
  }

  private mutating func isOutweighed(_ gradients: [[Double]]) -> Bool {
    balanceSteps += 1
    var (count, matrices) = (0, 0)
    for index in weights.indices where weights[index].width != nil {
      var (chosen, all) = (0.0, 0.0)
      for (place, g) in gradients[index].enumerated() {
        all += abs(g)
        if weights[index].isChosen(place) { chosen += abs(g) }
      }
      let n = Double(balanceSteps)
      weights[index].applied = (weights[index].applied * (n - 1) + chosen) / n / (share * 10)
      weights[index].neglected += (all - chosen) / ((1 - share) * 10)
      matrices += 1
      if weights[index].neglected >= weights[index].applied { count += 1 }
    }
    return count >= Int(outweighed * Double(matrices))
  }

  /// One step with the gradients of all samples.
  mutating func take(_ raw: [[Double]]) {
    let norm = raw.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    let factor = clipping > 0 ? 1 / max(1, (norm + 1e-6) / clipping) : 1
    let gradients = raw.map { $0.map { $0 * factor } }
    defer { step += 1 }
    if step < warmup {
      hostSteps += 1
      for index in weights.indices {
        var weight = weights[index]
        adam(&weight.master, &weight.moments, gradients[index], step: hostSteps) { _ in true }
        weight.shown = weight.master
        weights[index] = weight
      }
      return
    }
    let place = step - warmup
    let isChoice = choiceInterval.map { place % $0 == 0 } ?? (place == 0)
    if isChoice { choose(gradients) }
    ownSteps += 1
    for index in weights.indices {
      var weight = weights[index]
      adam(&weight.own, &weight.ownMoments, gradients[index], step: ownSteps, where: weights[index].isChosen)
      for place in weight.waiting.indices where !weight.isChosen(place) {
        weight.waiting[place] += gradients[index][place]
      }
      weights[index] = weight
    }
    waitingSteps += 1
    let isDue = updateInterval.map { (place + 1) % $0 == 0 } ?? isOutweighed(gradients)
    if isChoice || isDue {
      land()
      applyWaiting()
      if !overlaps { land() }
    }
    for index in weights.indices {
      for place in weights[index].shown.indices where weights[index].isChosen(place) {
        weights[index].shown[place] = weights[index].own[place]
      }
    }
  }
}
