// The vector loops over quantised groups, for the level that includes this file.

using Ints = int32_t __attribute__((vector_size(4 * laneCount)));
using Bytes = uint8_t __attribute__((vector_size(laneCount)));
using SignedBytes = int8_t __attribute__((vector_size(laneCount)));

CK_INLINE Ints coded_lanes(const float *values, float inverse) {
  return __builtin_bit_cast(Ints, load(F32{}, values) * inverse + 12582912.0f) - 0x4B400000;
}

CK_INLINE void store_bytes(uint8_t *to, Ints lanes) {
  const Bytes bytes = __builtin_convertvector(lanes, Bytes);
  std::memcpy(to, &bytes, sizeof bytes);
}

static int32_t largest_magnitude(const float *values, int64_t count) noexcept {
  Ints largest = {};
  int64_t i = 0;
  for (; i + laneCount <= count; i += laneCount) {
    const Ints bits = __builtin_bit_cast(Ints, load(F32{}, values + i)) & 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  int32_t result = 0;
  for (int64_t lane = 0; lane < laneCount; lane++) result = std::max(result, largest[lane]);
  for (; i < count; i++) result = std::max(result, magnitude_bits(values[i]));
  return result;
}

static void encode(uint8_t *codes, const float *values, int64_t count, int32_t bits, float inverse) noexcept {
  int64_t i = 0;
  if (bits == 8) {
    for (; i + laneCount <= count; i += laneCount) store_bytes(codes + i, coded_lanes(values + i, inverse));
    for (; i < count; i++) codes[i] = static_cast<uint8_t>(code_of(values[i], inverse));
    return;
  }
  const int64_t half = (count + 1) / 2;
  for (; half + i + laneCount <= count; i += laneCount) {
    store_bytes(
        codes + i,
        (coded_lanes(values + i, inverse) & 15) | (coded_lanes(values + half + i, inverse) & 15) << 4);
  }
  for (; i < half; i++) {
    const int32_t upper = half + i < count ? code_of(values[half + i], inverse) : 0;
    codes[i] = static_cast<uint8_t>((code_of(values[i], inverse) & 15) | (upper & 15) << 4);
  }
}

// values[i] = apply(values[i], scale * code i)
template <class Apply>
CK_INLINE void decode(
    float *values, const uint8_t *codes, int64_t count, int32_t bits, float scale, Apply apply) noexcept {
  int64_t i = 0;
  if (bits == 8) {
    for (; i + laneCount <= count; i += laneCount) {
      SignedBytes bytes;
      std::memcpy(&bytes, codes + i, sizeof bytes);
      const Floats terms = __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats) * scale;
      store(F32{}, values + i, apply(load(F32{}, values + i), terms));
    }
    for (; i < count; i++) values[i] = apply(values[i], coded(codes, bits, count, i) * scale);
    return;
  }
  const int64_t half = (count + 1) / 2;
  for (; half + i + laneCount <= count; i += laneCount) {
    Bytes bytes;
    std::memcpy(&bytes, codes + i, sizeof bytes);
    const Ints pairs = __builtin_convertvector(bytes, Ints);
    const Floats lower = __builtin_convertvector((pairs << 28) >> 28, Floats) * scale;
    const Floats upper = __builtin_convertvector((pairs << 24) >> 28, Floats) * scale;
    store(F32{}, values + i, apply(load(F32{}, values + i), lower));
    store(F32{}, values + half + i, apply(load(F32{}, values + half + i), upper));
  }
  for (; i < half; i++) {
    values[i] = apply(values[i], coded(codes, bits, count, i) * scale);
    if (half + i < count) values[half + i] = apply(values[half + i], coded(codes, bits, count, half + i) * scale);
  }
}

static void read_group(
    float *values, const GroupInput &input, ck_grouping grouping, GroupPlace place) noexcept {
  if (input.sources == nullptr) {
    with_tag(input.dtype, [&](auto tag) {
      const auto from = static_cast<const typename decltype(tag)::stored *>(input.values) + place.first;
      int64_t i = 0;
      for (; i + laneCount <= place.count; i += laneCount) store(F32{}, values + i, load(tag, from + i));
      for (; i < place.count; i++) values[i] = ck::load(from, input.dtype, i);
    });
    return;
  }
  for (int64_t source = 0; source < input.source_count; source++) {
    const ck_coded from = group_of(input.sources[source], grouping.bits, place);
    if (source == 0) {
      decode(values, from.codes, place.count, grouping.bits, *from.scales, [](auto, auto term) { return term; });
    } else {
      decode(
          values, from.codes, place.count, grouping.bits, *from.scales,
          [](auto sum, auto term) { return sum + term; });
    }
  }
  if (input.factor == 1) return;
  int64_t i = 0;
  for (; i + laneCount <= place.count; i += laneCount)
    store(F32{}, values + i, load(F32{}, values + i) * input.factor);
  for (; i < place.count; i++) values[i] = values[i] * input.factor;
}

// Quantises a group and keeps what was lost in `error`, which holds what was lost before.
static void keep_error(
    const GroupErrors &errors, GroupPlace place, ck_grouping grouping, const float *values, float *error,
    const uint8_t *codes, float scale) noexcept {
  const ck_coded kept = group_of(errors.error, 8, place);
  float given[ck_largest_group];
  decode(given, codes, place.count, grouping.bits, scale, [](auto, auto term) { return term; });
  int64_t i = 0;
  for (; i + laneCount <= place.count; i += laneCount) {
    const Floats lost = load(F32{}, values + i) - load(F32{}, given + i);
    store(F32{}, error + i, errors.kept * load(F32{}, error + i) + errors.taken * lost);
  }
  for (; i < place.count; i++) error[i] = errors.kept * error[i] + errors.taken * (values[i] - given[i]);
  GroupCode code = group_code(largest_magnitude(error, place.count), 8);
  if (code.scale != code.scale) code = {0, 0};
  if (code.inverse == 0) {
    std::memset(kept.codes, 0, static_cast<size_t>(place.count));
  } else {
    encode(kept.codes, error, place.count, 8, code.inverse);
  }
  *kept.scales = code.scale;
}

static void quantize_range(
    const ck_coded &result, const GroupInput &input, int64_t count, ck_grouping grouping, const GroupErrors *errors,
    int64_t begin, int64_t end) noexcept {
  float values[ck_largest_group];
  float error[ck_largest_group];
  for (int64_t index = begin; index < end; index++) {
    const GroupPlace place = group_place(grouping, count, index);
    read_group(values, input, grouping, place);
    if (errors != nullptr) {
      const ck_coded kept = group_of(errors->error, 8, place);
      decode(error, kept.codes, place.count, 8, *kept.scales, [](auto, auto term) { return term; });
      int64_t i = 0;
      for (; i + laneCount <= place.count; i += laneCount)
        store(F32{}, values + i, load(F32{}, values + i) + load(F32{}, error + i));
      for (; i < place.count; i++) values[i] = values[i] + error[i];
    }
    const GroupCode code = group_code(largest_magnitude(values, place.count), grouping.bits);
    const ck_coded to = group_of(result, grouping.bits, place);
    *to.scales = code.scale;
    if (code.inverse == 0) {
      std::memset(to.codes, 0, static_cast<size_t>(code_bytes(grouping.bits, place.count)));
    } else {
      encode(to.codes, values, place.count, grouping.bits, code.inverse);
    }
    if (errors != nullptr) keep_error(*errors, place, grouping, values, error, to.codes, code.scale);
  }
}

static void dequantize_range(
    void *values, ck_dtype dtype, const GroupInput &input, int64_t count, ck_grouping grouping, int64_t begin,
    int64_t end) noexcept {
  float sums[ck_largest_group];
  for (int64_t index = begin; index < end; index++) {
    const GroupPlace place = group_place(grouping, count, index);
    read_group(sums, input, grouping, place);
    with_tag(dtype, [&](auto tag) {
      const auto to = static_cast<typename decltype(tag)::stored *>(values) + place.first;
      int64_t i = 0;
      for (; i + laneCount <= place.count; i += laneCount) store(tag, to + i, load(F32{}, sums + i));
      for (; i < place.count; i++) ck::store(to, dtype, i, sums[i]);
    });
  }
}
