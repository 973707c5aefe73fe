// Quantised groups: the plain loops first, then the dispatch to groups_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "groups_lanes.h"
#include "groups.h"
#include "each_level.h"

#include "layer_rows.h"

namespace ck {
namespace {

// Element `index` of a group, as it is before it is quantised or rounded.
float input_element(const GroupInput &input, ck_grouping grouping, GroupPlace place, int64_t index) noexcept {
  if (input.sources == nullptr) return load(input.values, input.dtype, place.first + index);
  float sum = 0;
  for (int64_t source = 0; source < input.source_count; source++) {
    const ck_coded from = group_of(input.sources[source], grouping.bits, place);
    const float term = coded(from.codes, grouping.bits, place.count, index) * *from.scales;
    sum = source == 0 ? term : sum + term;
  }
  return input.factor == 1 ? sum : sum * input.factor;
}

void set_code(uint8_t *codes, int32_t bits, int64_t count, int64_t index, int32_t code) noexcept {
  const int64_t half = (count + 1) / 2;
  if (bits == 8) {
    codes[index] = static_cast<uint8_t>(code);
  } else if (index < half) {
    codes[index] = static_cast<uint8_t>(code & 15);
  } else {
    codes[index - half] = static_cast<uint8_t>(codes[index - half] | (code & 15) << 4);
  }
}

void quantize_reference(
    const ck_coded &result, const GroupInput &input, int64_t count, ck_grouping grouping,
    const GroupErrors *errors) noexcept {
  for (int64_t index = 0; index < ck_group_count(grouping, count); index++) {
    const GroupPlace place = group_place(grouping, count, index);
    float values[ck_largest_group], error[ck_largest_group];
    int32_t largest = 0;
    for (int64_t i = 0; i < place.count; i++) {
      values[i] = input_element(input, grouping, place, i);
      if (errors != nullptr) {
        const ck_coded kept = group_of(errors->error, 8, place);
        error[i] = coded(kept.codes, 8, place.count, i) * *kept.scales;
        values[i] = values[i] + error[i];
      }
      largest = std::max(largest, magnitude_bits(values[i]));
    }
    const ck_coded to = group_of(result, grouping.bits, place);
    const GroupCode code = group_code(largest, grouping.bits);
    *to.scales = code.scale;
    for (int64_t i = 0; i < place.count; i++) {
      set_code(to.codes, grouping.bits, place.count, i, code.inverse == 0 ? 0 : code_of(values[i], code.inverse));
    }
    if (errors == nullptr) continue;
    largest = 0;
    for (int64_t i = 0; i < place.count; i++) {
      const float given = coded(to.codes, grouping.bits, place.count, i) * code.scale;
      error[i] = errors->kept * error[i] + errors->taken * (values[i] - given);
      largest = std::max(largest, magnitude_bits(error[i]));
    }
    const ck_coded kept = group_of(errors->error, 8, place);
    const GroupCode loss = group_code(largest, 8);
    *kept.scales = loss.scale != loss.scale ? 0 : loss.scale;
    for (int64_t i = 0; i < place.count; i++) {
      set_code(kept.codes, 8, place.count, i, loss.inverse == 0 ? 0 : code_of(error[i], loss.inverse));
    }
  }
}

void quantize(
    const ck_coded &result, const GroupInput &input, int64_t count, ck_grouping grouping,
    const ck_error_feedback *feedback, ck_isa level, ck_executor executor, bool plainly) noexcept {
  GroupErrors errors{};
  if (feedback != nullptr) {
    errors = {feedback->error, static_cast<float>(feedback->beta), static_cast<float>(1 - feedback->beta)};
  }
  const GroupErrors *kept = feedback == nullptr ? nullptr : &errors;
  if (plainly) return quantize_reference(result, input, count, grouping, kept);
  const auto range = CK_SELECT(level, quantize_range);
  for_items(executor, ck_group_count(grouping, count), grouping.length, [&](int64_t begin, int64_t end) {
    range(result, input, count, grouping, kept, begin, end);
  });
}

GroupInput plain(const void *values, ck_dtype dtype) noexcept { return {values, dtype, nullptr, 0, 1}; }

GroupInput sum_of(const ck_coded *sources, int64_t source_count, double factor) noexcept {
  return {nullptr, CK_F32, sources, source_count, static_cast<float>(factor)};
}

}  // namespace
}  // namespace ck

extern "C" int64_t ck_group_count(ck_grouping grouping, int64_t count) noexcept {
  return (count + grouping.length - 1) / grouping.length;
}

extern "C" int64_t ck_code_bytes(ck_grouping grouping, int64_t count) noexcept {
  const int64_t whole = count / grouping.length * grouping.length;
  return whole * grouping.bits / 8 + ck::code_bytes(grouping.bits, count - whole);
}

extern "C" void ck_quantize_groups(
    ck_coded result, const void *values, ck_dtype dtype, int64_t count, ck_grouping grouping,
    const ck_error_feedback *feedback, ck_isa level, ck_executor executor) noexcept {
  ck::quantize(result, ck::plain(values, dtype), count, grouping, feedback, level, executor, false);
}

extern "C" void ck_requantize_groups(
    ck_coded result, const ck_coded *sources, int64_t source_count, int64_t count, ck_grouping grouping,
    double factor, const ck_error_feedback *feedback, ck_isa level, ck_executor executor) noexcept {
  ck::quantize(
      result, ck::sum_of(sources, source_count, factor), count, grouping, feedback, level, executor, false);
}

extern "C" void ck_dequantize_groups(
    void *values, ck_dtype dtype, const ck_coded *sources, int64_t source_count, int64_t count,
    ck_grouping grouping, double factor, ck_isa level, ck_executor executor) noexcept {
  const ck::GroupInput input = ck::sum_of(sources, source_count, factor);
  const auto range = CK_SELECT(level, dequantize_range);
  ck::for_items(
      executor, ck_group_count(grouping, count), grouping.length, [&](int64_t begin, int64_t end) {
        range(values, dtype, input, count, grouping, begin, end);
      });
}

extern "C" void ck_quantize_groups_reference(
    ck_coded result, const void *values, ck_dtype dtype, int64_t count, ck_grouping grouping,
    const ck_error_feedback *feedback) noexcept {
  ck::quantize(result, ck::plain(values, dtype), count, grouping, feedback, CK_BEST, ck_serial(), true);
}

extern "C" void ck_requantize_groups_reference(
    ck_coded result, const ck_coded *sources, int64_t source_count, int64_t count, ck_grouping grouping,
    double factor, const ck_error_feedback *feedback) noexcept {
  ck::quantize(
      result, ck::sum_of(sources, source_count, factor), count, grouping, feedback, CK_BEST, ck_serial(), true);
}

extern "C" void ck_dequantize_groups_reference(
    void *values, ck_dtype dtype, const ck_coded *sources, int64_t source_count, int64_t count,
    ck_grouping grouping, double factor) noexcept {
  const ck::GroupInput input = ck::sum_of(sources, source_count, factor);
  for (int64_t index = 0; index < ck_group_count(grouping, count); index++) {
    const ck::GroupPlace place = ck::group_place(grouping, count, index);
    for (int64_t i = 0; i < place.count; i++) {
      ck::store(values, dtype, place.first + i, ck::input_element(input, grouping, place, i));
    }
  }
}
