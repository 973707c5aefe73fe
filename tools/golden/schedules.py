"""Writes Tests/OptimizersTests/Schedules/ScheduleGolden.swift: what DeepSpeed's own schedulers set.

Run with the Python of the peers' environment (deepspeed 0.19.8), from the root of the checkout:

    python tools/golden/schedules.py > Tests/OptimizersTests/Schedules/ScheduleGolden.swift
"""

import contextlib
import io
import math
import sys
import warnings

with contextlib.redirect_stdout(io.StringIO()):
    import torch
    import deepspeed
    from deepspeed.runtime import lr_schedules

STEPS = 14

CASES = {
    "rangeTest": ("LRRangeTest", dict(
        lr_range_test_min_lr=1e-3, lr_range_test_step_size=4, lr_range_test_step_rate=2.0)),
    "rangeTestStaircase": ("LRRangeTest", dict(
        lr_range_test_min_lr=[1e-3, 5e-4], lr_range_test_step_size=4, lr_range_test_step_rate=2.0,
        lr_range_test_staircase=True)),
    "oneCycle": ("OneCycle", dict(
        cycle_min_lr=1e-3, cycle_max_lr=1e-2, cycle_first_step_size=4, cycle_second_step_size=6)),
    "oneCycleDecay": ("OneCycle", dict(
        cycle_min_lr=1e-3, cycle_max_lr=1e-2, cycle_first_step_size=3, decay_lr_rate=0.5, decay_step_size=2,
        decay_mom_rate=0.25, cycle_min_mom=0.7, cycle_max_mom=0.95)),
    "oneCycleStairs": ("OneCycle", dict(
        cycle_min_lr=1e-3, cycle_max_lr=1e-2, cycle_first_step_size=6, cycle_first_stair_count=3,
        cycle_second_stair_count=2, cycle_momentum=False)),
    "oneCycleWithoutDescent": ("OneCycle", dict(
        cycle_min_lr=1e-3, cycle_max_lr=1e-2, cycle_first_step_size=5, cycle_second_step_size=0,
        cycle_momentum=False)),
    "warmupLog": ("WarmupLR", dict(warmup_min_lr=1e-4, warmup_max_lr=1e-2, warmup_num_steps=8)),
    "warmupLinear": ("WarmupLR", dict(
        warmup_min_lr=0.0, warmup_max_lr=1e-2, warmup_num_steps=8, warmup_type="linear")),
    "warmupToInitial": ("WarmupLR", dict(warmup_num_steps=5, warmup_type="linear")),
    "warmupPerGroup": ("WarmupLR", dict(
        warmup_min_lr=[0.0, 1e-3], warmup_max_lr=[1e-2, 2e-3], warmup_num_steps=4)),
    "warmupOneStep": ("WarmupLR", dict(warmup_max_lr=1e-2, warmup_num_steps=1)),
    "warmupDecay": ("WarmupDecayLR", dict(total_num_steps=11, warmup_max_lr=1e-2, warmup_num_steps=4)),
    "warmupDecayLinear": ("WarmupDecayLR", dict(
        total_num_steps=11, warmup_min_lr=1e-3, warmup_max_lr=1e-2, warmup_num_steps=4,
        warmup_type="linear")),
    "warmupCosine": ("WarmupCosineLR", dict(total_num_steps=11, warmup_num_steps=4)),
    "warmupCosineLinear": ("WarmupCosineLR", dict(
        total_num_steps=11, warmup_num_steps=4, warmup_min_ratio=0.2, cos_min_ratio=0.1,
        warmup_type="linear")),
}


def run(name, parameters):
    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in (3e-3, 6e-4)]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    scheduler = getattr(lr_schedules, name)(optimizer, **parameters)
    rates, betas = [], []
    for step in range(STEPS):
        rates.append([float(group["lr"]) for group in optimizer.param_groups])
        betas.append(float(optimizer.param_groups[0]["betas"][0]))
        optimizer.step()
        scheduler.step()
    return rates, betas


def lines(numbers, indent):
    texts = [repr(number) for number in numbers]
    line = indent
    for text in texts:
        if len(line) + len(text) + 2 > 108:
            yield line.rstrip()
            line = indent
        line += text + ", "
    yield line.rstrip()


warnings.filterwarnings("ignore")
print("// Made by tools/golden/schedules.py with deepspeed", deepspeed.__version__ + "; do not edit.")
print()
print("/// The rates and the first beta that DeepSpeed's schedulers set before each of the first optimizer")
print("/// steps, for two groups with the initial rates 3e-3 and 6e-4.")
print("enum ScheduleGolden {")
print("  static let initialRates = [3e-3, 6e-4]")
for name, (kind, parameters) in CASES.items():
    rates, betas = run(kind, parameters)
    values = {name: [rate[0] for rate in rates], name + "Second": [rate[1] for rate in rates]}
    if kind == "OneCycle":
        values[name + "Beta"] = betas
    for label, numbers in values.items():
        if label.endswith("Second") and numbers == values[name]:
            continue
        print()
        print(f"  static let {label}: [Double] = [")
        print("\n".join(lines(numbers, "    ")))
        print("  ]")
print("}")
