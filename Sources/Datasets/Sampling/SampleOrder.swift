/// Which row each sample of a run is, over all epochs: the same on every rank and after every restart.
///
/// Samples are counted from 0 over the whole run. Without a seed, sample `n` is row `n mod rows`. With a
/// seed, the first epoch is shuffled within windows of `window` rows, so that training starts before the
/// whole file is tokenised, and later epochs are shuffled as a whole; files of at most `window` rows are
/// always shuffled as a whole.
///
/// With a `multiple`, an epoch ends with the last row that fills it up to one: the rows behind, others in
/// each shuffled epoch, are left out.
struct SampleOrder: Sendable {
  let seed: UInt64?
  let window: Int
  let multiple: Int
  private var shuffled = ShuffledIndices(count: 0, key: 0)
  private var shuffledPlace: (epoch: Int, window: Int) = (-1, -1)

  init(seed: UInt64?, multiple: Int = 1, window: Int = 8192) {
    precondition(window > 0, "a window of \(window) rows")
    precondition(multiple > 0, "epochs of a multiple of \(multiple) rows")
    self.multiple = multiple
    self.seed = seed
    self.window = window
  }

  /// The row of a sample, and its epoch.
  ///
  /// - Throws: `DatasetError`, `CancellationError`, what the tokenizer throws.
  mutating func row(
    ofSample sample: Int, in dataset: Dataset, unless cancellation: Cancellation
  ) throws -> (row: Int, epoch: Int) {
    let isWhole = (sample / multiple + 1) * multiple
    let lastNeeded = seed == nil ? isWhole : max(isWhole, (sample / window + 1) * window)
    let available = try dataset.rows.availability(atLeast: lastNeeded, unless: cancellation)
    guard available.count > 0 else { throw dataset.tooFew() }
    let usable = available.isComplete ? available.count - available.count % multiple : available.count
    guard usable > 0 else { throw dataset.tooFew(rows: available.count, forBatchesOf: multiple) }
    if sample < usable {
      let index = sample / window
      return (shuffledRow(sample, epoch: 0, index, min(window, available.count - index * window)), 0)
    }
    let (epoch, place) = sample.quotientAndRemainder(dividingBy: usable)
    if available.count <= window { return (shuffledRow(place, epoch: epoch, 0, available.count), epoch) }
    guard let seed else { return (place, epoch) }
    shuffle(seed, epoch: epoch, index: 0, count: available.count)
    return (shuffled[place], epoch)
  }

  private mutating func shuffledRow(_ place: Int, epoch: Int, _ index: Int, _ count: Int) -> Int {
    guard let seed else { return place }
    shuffle(seed, epoch: epoch, index: index, count: count)
    return index * window + shuffled[place - index * window]
  }

  private mutating func shuffle(_ seed: UInt64, epoch: Int, index: Int, count: Int) {
    guard shuffledPlace != (epoch, index) else { return }
    let key = ContentHash.mixed(ContentHash.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ UInt64(epoch))
    shuffled = ShuffledIndices(count: count, key: ContentHash.mixed(key ^ (UInt64(index) << 1 | 1)))
    shuffledPlace = (epoch, index)
  }
}

/// The numbers from 0 to `count - 1` in an order that depends on a key only.
///
/// Source: Fisher and Yates 1938, in the form of Durstenfeld 1964 (Algorithm 235), with the SplitMix64
/// generator.
struct ShuffledIndices: Sendable {
  private var indices: [UInt32]

  init(count: Int, key: UInt64) {
    precondition(count <= Int(UInt32.max), "\(count) rows are more than can be shuffled")
    indices = (0..<UInt32(count)).map { $0 }
    var generator = SplitMix64(state: key)
    for last in stride(from: count - 1, to: 0, by: -1) {
      indices.swapAt(last, generator.number(below: last + 1))
    }
  }

  subscript(_ place: Int) -> Int { Int(indices[place]) }
}

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
private struct SplitMix64 {
  var state: UInt64

  /// A number from 0 to `bound - 1`, each as likely (Lemire 2019, arXiv 1805.10941).
  mutating func number(below bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return ContentHash.mixed(state)
  }
}
