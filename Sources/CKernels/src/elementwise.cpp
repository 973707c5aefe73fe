// Scaling, conversion, accumulation: the plain loops first, then the dispatch to elementwise_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "elementwise_lanes.h"
#include "elementwise.h"
#include "each_level.h"

namespace ck {

void scale_reference(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    store(t.destination, t.destination_dtype, i, load(t.source, t.source_dtype, i) * scale);
  }
}

void convert_reference(const Transfer &t, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    store(t.destination, t.destination_dtype, i, load(t.source, t.source_dtype, i));
  }
}

void accumulate_reference(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept {
  const auto destination = static_cast<float *>(t.destination);
  for (int64_t i = begin; i < end; i++) {
    destination[i] = destination[i] + load(t.source, t.source_dtype, i) * scale;
  }
}

}  // namespace ck

extern "C" void ck_scale_reference(void *values, ck_dtype dtype, int64_t count, double scale) noexcept {
  ck::scale_reference({values, dtype, values, dtype}, static_cast<float>(scale), 0, count);
}

extern "C" void ck_convert_reference(
    void *destination, ck_dtype destination_dtype, const void *source, ck_dtype source_dtype,
    int64_t count) noexcept {
  ck::convert_reference({destination, destination_dtype, source, source_dtype}, 0, count);
}

extern "C" void ck_accumulate_reference(
    float *destination, const void *source, ck_dtype source_dtype, int64_t count, double scale) noexcept {
  ck::accumulate_reference({destination, CK_F32, source, source_dtype}, static_cast<float>(scale), 0, count);
}

extern "C" void ck_scale(
    void *values, ck_dtype dtype, int64_t count, double scale, ck_isa level, ck_executor executor) noexcept {
  const ck::Transfer transfer{values, dtype, values, dtype};
  const auto range = CK_SELECT(level, scale_range);
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) {
    range(transfer, static_cast<float>(scale), begin, end);
  });
}

extern "C" void ck_convert(
    void *destination, ck_dtype destination_dtype, const void *source, ck_dtype source_dtype, int64_t count,
    ck_isa level, ck_executor executor) noexcept {
  const ck::Transfer transfer{destination, destination_dtype, source, source_dtype};
  const auto range = CK_SELECT(level, convert_range);
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) { range(transfer, begin, end); });
}

extern "C" void ck_accumulate(
    float *destination, const void *source, ck_dtype source_dtype, int64_t count, double scale, ck_isa level,
    ck_executor executor) noexcept {
  const ck::Transfer transfer{destination, CK_F32, source, source_dtype};
  const auto range = CK_SELECT(level, accumulate_range);
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) {
    range(transfer, static_cast<float>(scale), begin, end);
  });
}
