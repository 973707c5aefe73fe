// What the plain and the vector loops of random numbers share: constants and the order of elements.
#ifndef CKERNELS_SRC_RANDOM_H
#define CKERNELS_SRC_RANDOM_H

#include "ckernels.h"

#include <cstdint>

namespace ck {

// Elements that sixteen counters of four words make.
constexpr int64_t randomGroup = 64;
constexpr int64_t randomLanes = 16;

// Philox4x32-10.
namespace philox {
constexpr int rounds = 10;
constexpr uint32_t multiplier0 = 0xD2511F53;
constexpr uint32_t multiplier1 = 0xCD9E8D57;
constexpr uint32_t step0 = 0x9E3779B9;
constexpr uint32_t step1 = 0xBB67AE85;
}  // namespace philox

// A law and its two numbers: (deviation, unused) or (low, high - low).
struct RandomLaw {
  bool isNormal;
  float first;
  float second;
};

// ln(1 + x) = x - x^2 / 2 + x^3 P(x) for 1 + x between the roots of 1/2 and 2; ln 2 in two parts, the first
// of which times a small whole number is exact.
constexpr float logarithmTerms[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                    -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                    2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
constexpr float lnTwoHigh = 0.693359375f;
constexpr float lnTwoLow = -2.12194440e-4f;
constexpr uint32_t rootOfHalf = 0x3F3504F3;

// The sine and cosine of at most an eighth of a turn.
constexpr float sineTerms[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
constexpr float cosineTerms[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
constexpr float radiansOfWord = 1.4629180793e-9f;  // 2 pi / 2^32

}  // namespace ck
#endif
