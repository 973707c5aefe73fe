// Conversions between the C arguments of the generated operators and libtorch's types, beyond boundary.h's.
#pragma once

#include "boundary.h"

#include <ATen/core/List.h>
#include <c10/core/SymIntArrayRef.h>

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "ctorch/op_types.h"

namespace ct {

inline std::optional<at::Scalar> optional(ct_optional_scalar value) {
  return value.has_value ? std::optional<at::Scalar>(scalar(value.value)) : std::nullopt;
}

inline std::optional<double> optional(ct_optional_double value) {
  return value.has_value ? std::optional<double>(value.value) : std::nullopt;
}

inline std::optional<bool> optional(ct_optional_bool value) {
  return value.has_value ? std::optional<bool>(value.value) : std::nullopt;
}

// Fits both int64_t and SymInt parameters, whose optionals do not convert into each other.
struct OptionalInt {
  ct_optional_int value;
  operator std::optional<int64_t>() const {
    return value.has_value ? std::optional<int64_t>(value.value) : std::nullopt;
  }
  operator std::optional<c10::SymInt>() const {
    return value.has_value ? std::optional<c10::SymInt>(c10::SymInt(value.value)) : std::nullopt;
  }
};

inline OptionalInt optional(ct_optional_int value) { return OptionalInt{value}; }

inline std::optional<std::string_view> optionalText(const char *text) {
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
}

inline c10::SymIntArrayRef symInts(const ct_int *values, size_t count) {
  return c10::fromIntArrayRefSlow(ints(values, count));
}

inline at::OptionalSymIntArrayRef optionalSymInts(const ct_int *values, size_t count) {
  return values == nullptr ? at::OptionalSymIntArrayRef()
                           : at::OptionalSymIntArrayRef(symInts(values, count));
}

template <size_t N>
std::array<bool, N> bools(const bool *values) {
  std::array<bool, N> result;
  for (size_t i = 0; i < N; ++i) result[i] = values[i];
  return result;
}

// Gives each of several results to its out-parameter.
template <class Tuple, class... Out>
void giveAll(Tuple &&results, Out... out) {
  std::apply(
      [&](auto &&...tensor) { ((*out = wrap(std::move(tensor))), ...); }, std::forward<Tuple>(results));
}

}  // namespace ct
