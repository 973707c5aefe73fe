// The vector loops of the activations, for the level that includes this file.
#include "wide.h"

// An activation's value and slope at one place.
struct Slope {
  Wide value;
  Wide slope;
};

struct Silu {
  CK_INLINE Wide value(Wide x) { return x * sigmoid(x); }
  CK_INLINE Slope both(Wide x) {
    const Wide s = sigmoid(x);
    return {x * s, s * fused(x, 1.0f - s, filled(1.0f))};
  }
};

struct GeluTanh {
  static constexpr float twice = 1.5957691216f;  // 2 sqrt(2 / pi)
  static constexpr float cubic = 0.044715f * twice;
  CK_INLINE Wide value(Wide x) { return x * sigmoid(x * fused(x * x, filled(cubic), filled(twice))); }
  CK_INLINE Slope both(Wide x) {
    const Wide square = x * x;
    const Wide s = sigmoid(x * fused(square, filled(cubic), filled(twice)));
    const Wide value = x * s;
    const Wide inner = fused(square, filled(3.0f * cubic), filled(twice));
    return {value, fused(value * (1.0f - s), inner, s)};
  }
};

// Applies `body(x0, x1, x2, y0, y1)` to whole registers of [begin, end), the last one padded. Inputs that are
// not given are zero, outputs that are not given are dropped. Everything is loaded before the stores.
template <class Tag, int inputCount, int outputCount, class Body>
CK_INLINE void pointwise(const Pointwise &p, int64_t begin, int64_t end, Body body) {
  using Element = typename Tag::stored;
  for (int64_t i = begin; i < end; i += wideCount) {
    const int64_t count = std::min(wideCount, end - i);
    Wide inputs[3] = {};
    Wide outputs[2] = {};
#pragma clang loop unroll(full)
    for (int k = 0; k < inputCount; k++) {
      const auto from = static_cast<const Element *>(p.inputs[k]) + i;
      inputs[k] = count == wideCount ? load_wide(Tag{}, from) : load_some(Tag{}, p.dtype, from, count, 0);
    }
    body(inputs, outputs);
#pragma clang loop unroll(full)
    for (int k = 0; k < outputCount; k++) {
      const auto to = static_cast<Element *>(p.outputs[k]) + i;
      if (count == wideCount) {
        store_wide(Tag{}, to, outputs[k]);
      } else {
        store_some(Tag{}, p.dtype, to, count, outputs[k]);
      }
    }
  }
}

template <class Body>
CK_INLINE void with_activation(ck_activation activation, Body body) {
  if (activation == CK_GELU_TANH) {
    body(GeluTanh{});
  } else {
    body(Silu{});
  }
}

static void activate_range(const Pointwise &p, int64_t begin, int64_t end) noexcept {
  with_tag(p.dtype, [&](auto tag) {
    with_activation(p.activation, [&](auto act) {
      pointwise<decltype(tag), 1, 1>(p, begin, end, [](const Wide *x, Wide *y) {
        y[0] = decltype(act)::value(x[0]);
      });
    });
  });
}

static void activate_backward_range(const Pointwise &p, int64_t begin, int64_t end) noexcept {
  with_tag(p.dtype, [&](auto tag) {
    with_activation(p.activation, [&](auto act) {
      pointwise<decltype(tag), 2, 1>(p, begin, end, [](const Wide *x, Wide *y) {
        y[0] = x[1] * decltype(act)::both(x[0]).slope;
      });
    });
  });
}

static void gate_range(const Pointwise &p, int64_t begin, int64_t end) noexcept {
  with_tag(p.dtype, [&](auto tag) {
    with_activation(p.activation, [&](auto act) {
      pointwise<decltype(tag), 2, 1>(p, begin, end, [](const Wide *x, Wide *y) {
        y[0] = decltype(act)::value(x[0]) * x[1];
      });
    });
  });
}

static void gate_backward_range(const Pointwise &p, int64_t begin, int64_t end) noexcept {
  with_tag(p.dtype, [&](auto tag) {
    with_activation(p.activation, [&](auto act) {
      pointwise<decltype(tag), 3, 2>(p, begin, end, [](const Wide *x, Wide *y) {
        const Slope slope = decltype(act)::both(x[0]);
        y[0] = x[2] * x[1] * slope.slope;
        y[1] = x[2] * slope.value;
      });
    });
  });
}
