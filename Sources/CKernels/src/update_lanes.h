// One pass over the buffers of an optimizer step, for the level that includes this file.
//
// Weights and states are stored the ordinary way: their lines were just read, and streaming them past the cache
// measured 0.6 times as fast. The copy is only written, so streaming it saves reading its lines first: 1.1
// times as fast. Software prefetch measured 0.93 to 0.98 times as fast beside the hardware's own.

// Writes a register past the caches; `to` is aligned to it.
template <class Tag>
CK_INLINE void stream(Tag tag, typename Tag::stored *to, Floats lanes) {
  using Stored = std::conditional_t<std::is_same_v<Tag, F32>, Floats, Halves>;
  Stored narrow;
  store(tag, reinterpret_cast<typename Tag::stored *>(&narrow), lanes);
  __builtin_nontemporal_store(narrow, reinterpret_cast<Stored *>(to));
}

// Calls `rule(p, g, states)` for every register, where g is the stored gradient; it yields the new weights and
// leaves the new states in `states`, if it changes any. The rule is a value, so that stores cannot touch its factors.
template <class Master, class Gradient, class State, class Copy, class Rule>
static void update_lanes(const ck_update_buffers &b, Rule rule, bool streams, int64_t begin, int64_t end) {
  constexpr int stateCount = Rule::stateCount;
  const auto master = static_cast<typename Master::stored *>(b.master);
  const auto gradient = static_cast<const typename Gradient::stored *>(b.gradient);
  const auto copy = static_cast<typename Copy::stored *>(b.copy);
  typename State::stored *places[2];
  for (int k = 0; k < stateCount; k++) places[k] = static_cast<typename State::stored *>(b.states[k]);
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) {
    Floats states[2];
#pragma clang loop unroll(full)
    for (int k = 0; k < stateCount; k++) states[k] = load(State{}, places[k] + i);
    const Floats next = rule(load(Master{}, master + i), load(Gradient{}, gradient + i), states);
#pragma clang loop unroll(full)
    for (int k = 0; k < Rule::changedStateCount; k++) store(State{}, places[k] + i, states[k]);
    store(Master{}, master + i, next);
    if constexpr (!std::is_same_v<Copy, Nowhere>) {
      if (streams) {
        stream(Copy{}, copy + i, next);
      } else {
        store(Copy{}, copy + i, next);
      }
    }
  }
#if CK_HAS_X86
  if (streams) _mm_sfence();
#endif
  rule.rest(b, i, end);
}

// Calls `body` with the tags of the weights and of their copy.
template <class Body>
CK_INLINE void with_weights(const ck_update_buffers &b, Body body) {
  if (b.copy != nullptr) {
    with_tag(b.copy_dtype, [&](auto copy) { body(F32{}, copy); });
  } else {
    with_tag(b.master_dtype, [&](auto master) { body(master, Nowhere{}); });
  }
}

template <class Rule>
CK_INLINE void update_range(const ck_update_buffers &b, Rule rule, bool streams, int64_t begin, int64_t end) {
  with_tag(b.gradient_dtype, [&](auto gradient) {
    with_tag(b.state_dtype, [&](auto state) {
      with_weights(b, [&](auto master, auto copy) {
        update_lanes<decltype(master), decltype(gradient), decltype(state), decltype(copy)>(
            b, rule, streams, begin, end);
      });
    });
  });
}
