/// What a tokenizer consists of, put together by the reader of one file format or another.
struct TokenizerStages: Sendable {
  var addedTokens: AddedTokens
  var normalizer: Normalizer?
  var preTokenizer: PreTokenizer?
  var model: Model
  var postProcessor = PostProcessor()
  var decoder: Decoder?
  var bosID: Int?
  var eosID: Int?
  var paddingID: Int?
}
