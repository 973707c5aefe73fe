"""Writes Tests/OptimizersTests/LossScaleGolden.swift: the scales of DeepSpeed's own DynamicLossScaler.

Run with the Python of the peers' environment (deepspeed 0.19.8), from the root of the checkout:

    python tools/golden/loss_scale.py > Tests/OptimizersTests/LossScaleGolden.swift
"""

import contextlib
import io
import os

os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT="29541")
with contextlib.redirect_stdout(io.StringIO()):
    import deepspeed
    from deepspeed.runtime.fp16.loss_scaler import DynamicLossScaler

    # The scaler logs its overflows on rank 0 and asks the process group for its rank.
    deepspeed.init_distributed(dist_backend="gloo", auto_mpi_discovery=False)

# o: overflow, dot: none.
CASES = {
    "steady": ("..........", 8, 2, 1, False),
    "twoThenThree": ("oo...", 8, 2, 1, False),
    "hysteresis": ("o..o....o.ooo......", 16, 3, 2, False),
    "consecutive": ("o.o.ooo...o.oo....", 16, 3, 2, True),
    "deep": ("oooo....oo..o.o.......", 20, 2, 3, False),
}


def run(pattern, power, window, hysteresis, consecutive):
    scaler = DynamicLossScaler(2**power, window, 1.0, hysteresis, consecutive)
    scales = []
    for mark in pattern:
        with contextlib.redirect_stdout(io.StringIO()):
            scaler.update_scale(mark == "o")
        scales.append(float(scaler.cur_scale))
    return scales


print("// Made by tools/golden/loss_scale.py with deepspeed", deepspeed.__version__ + "; do not edit.")
print()
print("/// The scale that DeepSpeed's `DynamicLossScaler` has after each step; `o` marks an overflow.")
print("struct LossScaleGolden: Sendable {")
print("  let pattern: String")
print("  let initialPower, window, hysteresis: Int")
print("  let isConsecutive: Bool")
print("  let scales: [Double]")
print()
print("  static let all = [")
for pattern, power, window, hysteresis, consecutive in CASES.values():
    scales = run(pattern, power, window, hysteresis, consecutive)
    print(f'    LossScaleGolden(')
    print(f'      pattern: "{pattern}", initialPower: {power}, window: {window}, hysteresis: {hysteresis},')
    print(f"      isConsecutive: {str(consecutive).lower()},")
    print("      scales: [")
    for start in range(0, len(scales), 12):
        print("        " + ", ".join(str(int(scale)) for scale in scales[start:start + 12]) + ",")
    print("      ]),")
print("  ]")
print("}")
