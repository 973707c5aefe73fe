// The local part of a reduction, chunk by chunk so that the accumulator stays in the first cache level.
#include "reduction.h"

#include <c10/util/Exception.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

// One body per instruction set, chosen when the program is loaded.
#if defined(__x86_64__)
#define CT_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define CT_CLONES
#endif

namespace ct {
namespace {

constexpr size_t chunkSize = 2048;
constexpr size_t lineFloats = 16;
// A cache line of them, and one that begins anywhere.
typedef float FloatLine __attribute__((vector_size(64)));
typedef float LooseFloatLine __attribute__((vector_size(64), aligned(4)));

CT_CLONES void addFloats(float *sum, const float *values, size_t count) {
  for (size_t i = 0; i < count; ++i) sum[i] += values[i];
}

// `sum` begins on a cache line.
CT_CLONES void streamSums(float *sum, const float *left, const float *right, float factor, size_t lines) {
  for (size_t line = 0; line < lines; ++line) {
    const FloatLine value = (*reinterpret_cast<const LooseFloatLine *>(left + line * lineFloats) +
                             *reinterpret_cast<const LooseFloatLine *>(right + line * lineFloats)) * factor;
    __builtin_nontemporal_store(value, reinterpret_cast<FloatLine *>(sum + line * lineFloats));
  }
}

CT_CLONES void addPair(float *sum, const float *left, const float *right, float factor, size_t count) {
  // In lines, because a compiler must expect a sum that overlaps its terms and would go element by element.
  size_t i = 0;
  for (; i + lineFloats <= count; i += lineFloats) {
    const auto leftLine = *reinterpret_cast<const LooseFloatLine *>(left + i);
    const auto rightLine = *reinterpret_cast<const LooseFloatLine *>(right + i);
    *reinterpret_cast<LooseFloatLine *>(sum + i) = (leftLine + rightLine) * factor;
  }
  for (; i < count; ++i) sum[i] = (left[i] + right[i]) * factor;
}

CT_CLONES void widenBFloat16(float *wide, const uint16_t *values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t bits = static_cast<uint32_t>(values[i]) << 16;
    std::memcpy(&wide[i], &bits, sizeof(bits));
  }
}

CT_CLONES void addBFloat16(float *sum, const uint16_t *values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t bits = static_cast<uint32_t>(values[i]) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof(bits));
    sum[i] += value;
  }
}

// Rounds to nearest, halves to even; NaN stays NaN.
CT_CLONES void narrowBFloat16(uint16_t *values, const float *wide, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &wide[i], sizeof(bits));
    const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    values[i] = static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
  }
}

CT_CLONES void scaleFloats(float *values, float factor, size_t count) {
  for (size_t i = 0; i < count; ++i) values[i] *= factor;
}

// The sum or mean of two ranks, in one pass.
void reducePair(
    float *sum, const float *left, const float *right, float factor, size_t count, Stores stores) {
  if (stores == Stores::cached) return addPair(sum, left, right, factor, count);
  const size_t misaligned = -reinterpret_cast<uintptr_t>(sum) % sizeof(FloatLine) / sizeof(float);
  const size_t head = std::min(count, misaligned);
  const size_t lines = (count - head) / lineFloats;
  const size_t tail = head + lines * lineFloats;
  addPair(sum, left, right, factor, head);
  streamSums(sum + head, left + head, right + head, factor, lines);
  addPair(sum + tail, left + tail, right + tail, factor, count - tail);
  orderStreamedStores();
}

template <class Accumulator>
void combine(Accumulator *result, const Accumulator *values, size_t count, ct_reduction reduction) {
  for (size_t i = 0; i < count; ++i) {
    switch (reduction) {
      // A NaN on either side is the result: it must not hide behind a comparison.
      case CT_REDUCE_MAX:
        result[i] = values[i] > result[i] || values[i] != values[i] ? values[i] : result[i];
        break;
      case CT_REDUCE_MIN:
        result[i] = values[i] < result[i] || values[i] != values[i] ? values[i] : result[i];
        break;
      case CT_REDUCE_PRODUCT: result[i] *= values[i]; break;
      default: result[i] += values[i]; break;
    }
  }
}

// How elements of a type enter and leave the accumulator.
template <class Element, class Accumulator>
struct Conversion {
  using Sum = Accumulator;
  static void widen(Accumulator *wide, const Element *values, size_t count) {
    for (size_t i = 0; i < count; ++i) wide[i] = static_cast<Accumulator>(values[i]);
  }
  static void narrow(Element *values, const Accumulator *wide, size_t count) {
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<Element>(wide[i]);
  }
};

struct BFloat16Bits {
  uint16_t bits;
};

template <>
struct Conversion<BFloat16Bits, float> {
  using Sum = float;
  static void widen(float *wide, const BFloat16Bits *values, size_t count) {
    widenBFloat16(wide, reinterpret_cast<const uint16_t *>(values), count);
  }
  static void narrow(BFloat16Bits *values, const float *wide, size_t count) {
    narrowBFloat16(reinterpret_cast<uint16_t *>(values), wide, count);
  }
};

template <class Element, class Accumulator>
void reduceTyped(
    void *output, const void *const *sources, size_t sourceCount, size_t count, ct_reduction reduction,
    Stores stores) {
  using Convert = Conversion<Element, Accumulator>;
  Accumulator sum[chunkSize];
  Accumulator values[chunkSize];
  const bool isSum = reduction == CT_REDUCE_SUM || reduction == CT_REDUCE_MEAN;
  if constexpr (std::is_same_v<Element, float>) {
    if (isSum && sourceCount == 2) {
      return reducePair(
          static_cast<float *>(output), static_cast<const float *>(sources[0]),
          static_cast<const float *>(sources[1]), reduction == CT_REDUCE_MEAN ? 0.5f : 1.0f, count, stores);
    }
  }
  for (size_t begin = 0; begin < count; begin += chunkSize) {
    const size_t length = std::min(chunkSize, count - begin);
    Convert::widen(sum, static_cast<const Element *>(sources[0]) + begin, length);
    for (size_t source = 1; source < sourceCount; ++source) {
      const auto *piece = static_cast<const Element *>(sources[source]) + begin;
      if constexpr (std::is_same_v<Element, float>) {
        if (isSum) {
          addFloats(sum, piece, length);
          continue;
        }
      }
      if constexpr (std::is_same_v<Element, BFloat16Bits>) {
        if (isSum) {
          addBFloat16(sum, reinterpret_cast<const uint16_t *>(piece), length);
          continue;
        }
      }
      Convert::widen(values, piece, length);
      combine(sum, values, length, reduction);
    }
    if (reduction == CT_REDUCE_MEAN) {
      if constexpr (std::is_same_v<Accumulator, float>) {
        scaleFloats(sum, 1.0f / static_cast<float>(sourceCount), length);
      } else {
        for (size_t i = 0; i < length; ++i) sum[i] /= static_cast<Accumulator>(sourceCount);
      }
    }
    Element *place = static_cast<Element *>(output) + begin;
    if constexpr (std::is_same_v<Element, Accumulator>) {
      copyBytes(place, sum, length * sizeof(Element), stores);
    } else if (stores == Stores::cached) {
      Convert::narrow(place, sum, length);
    } else {
      Element narrow[chunkSize];
      Convert::narrow(narrow, sum, length);
      copyBytes(place, narrow, length * sizeof(Element), stores);
    }
  }
}

}  // namespace

void checkReducible(c10::ScalarType type, ct_reduction reduction) {
  const bool isFloating = c10::isFloatingType(type) && c10::elementSize(type) > 1;
  const bool isInteger = c10::isIntegralType(type, /*includeBool=*/true);
  TORCH_CHECK_TYPE(isFloating || isInteger, "tensors of ", type, " cannot be reduced over ranks");
  TORCH_CHECK_TYPE(
      isFloating || reduction != CT_REDUCE_MEAN, "the mean over ranks needs floating point, not ", type);
}

void reducePieces(
    void *output, const void *const *sources, size_t sourceCount, size_t count, c10::ScalarType type,
    ct_reduction reduction, Stores stores) {
  switch (type) {
    case c10::ScalarType::Float:
      return reduceTyped<float, float>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Double:
      return reduceTyped<double, double>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::BFloat16:
      return reduceTyped<BFloat16Bits, float>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Half:
      return reduceTyped<c10::Half, float>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Long:
      return reduceTyped<int64_t, int64_t>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Int:
      return reduceTyped<int32_t, int32_t>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Short:
      return reduceTyped<int16_t, int16_t>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Char:
      return reduceTyped<int8_t, int8_t>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Byte:
      return reduceTyped<uint8_t, uint8_t>(output, sources, sourceCount, count, reduction, stores);
    case c10::ScalarType::Bool: {
      // Truth values add up to "any" and multiply to "all".
      const bool isAll = reduction == CT_REDUCE_MIN || reduction == CT_REDUCE_PRODUCT;
      return reduceTyped<uint8_t, uint8_t>(
          output, sources, sourceCount, count, isAll ? CT_REDUCE_MIN : CT_REDUCE_MAX, stores);
    }
    default: TORCH_CHECK_TYPE(false, "tensors of ", type, " cannot be reduced over ranks");
  }
}

}  // namespace ct
