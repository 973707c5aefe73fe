// The vector loops of scaling, conversion and accumulation, for the level that includes this file.

// destination[i] = apply(source[i], destination[i]) for whole registers of [begin, end); yields where they
// end. Both are loaded before the store, so that a buffer may be transformed in place.
template <class Destination, class Source, class Apply>
CK_INLINE int64_t transfer_lanes(const Transfer &t, int64_t begin, int64_t end, Apply apply) {
  const auto destination = static_cast<typename Destination::stored *>(t.destination);
  const auto source = static_cast<const typename Source::stored *>(t.source);
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) apply(destination + i, source + i);
  return i;
}

static void scale_range(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept {
  int64_t done = begin;
  with_tag(t.destination_dtype, [&](auto tag) {
    using Tag = decltype(tag);
    done = transfer_lanes<Tag, Tag>(t, begin, end, [=](auto *to, const auto *from) {
      store(Tag{}, to, load(Tag{}, from) * scale);
    });
  });
  scale_reference(t, scale, done, end);
}

static void convert_range(const Transfer &t, int64_t begin, int64_t end) noexcept {
  int64_t done = begin;
  with_tag(t.source_dtype, [&](auto source) {
    using Source = decltype(source);
    with_tag(t.destination_dtype, [&](auto destination) {
      using Destination = decltype(destination);
      done = transfer_lanes<Destination, Source>(t, begin, end, [](auto *to, const auto *from) {
        store(Destination{}, to, load(Source{}, from));
      });
    });
  });
  convert_reference(t, done, end);
}

static void accumulate_range(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept {
  int64_t done = begin;
  with_tag(t.source_dtype, [&](auto source) {
    using Source = decltype(source);
    done = transfer_lanes<F32, Source>(t, begin, end, [=](float *to, const auto *from) {
      store(F32{}, to, load(F32{}, to) + load(Source{}, from) * scale);
    });
  });
  accumulate_reference(t, scale, done, end);
}
