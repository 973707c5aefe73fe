// Compiles the file CK_BODY once per level, each in its own namespace and under its own target attribute.
// Included by kernel files after their other headers; has no include guard for that reason.
#include "loops.h"
#include "scalar.h"

#include <cstring>
#include <type_traits>
#if CK_HAS_X86
#include <immintrin.h>
#endif

#define CK_INLINE [[gnu::always_inline]] static inline

#if CK_HAS_X86
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
namespace ck::avx512 {
#define CK_LEVEL 2
#include "lanes.h"
#include CK_BODY
#undef CK_LEVEL
}  // namespace ck::avx512
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
namespace ck::avx2 {
#define CK_LEVEL 1
#include "lanes.h"
#include CK_BODY
#undef CK_LEVEL
}  // namespace ck::avx2
#pragma clang attribute pop
#endif

namespace ck::portable {
#define CK_LEVEL 0
#include "lanes.h"
#include CK_BODY
#undef CK_LEVEL
}  // namespace ck::portable
