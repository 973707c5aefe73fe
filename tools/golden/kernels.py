"""Writes Tests/CKernelsTests/Golden.swift: parameters after five steps of torch's own optimizers.

Run with the Python of the peers' environment (torch 2.11.0), from the root of the checkout:

    python tools/golden/kernels.py > Tests/CKernelsTests/Golden.swift
"""

import torch

COUNT = 9
STEPS = 5


def initial():
    return torch.tensor([((i * 37 + 11) % 101 - 50) / 64 for i in range(COUNT)])


def gradient(step):
    return torch.tensor([((i * 29 + step * 17 + 5) % 97 - 48) / 128 for i in range(COUNT)])


def run(make):
    parameter = torch.nn.Parameter(initial())
    optimizer = make([parameter])
    for step in range(1, STEPS + 1):
        parameter.grad = gradient(step)
        optimizer.step()
    return parameter.detach().tolist()


PLAIN = dict(foreach=False, fused=False)
CASES = {
    "adamW": lambda p: torch.optim.AdamW(p, lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, **PLAIN),
    "adamL2": lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, **PLAIN),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01, **PLAIN),
    "sgdMomentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, **PLAIN),
    "sgdNesterov": lambda p: torch.optim.SGD(
        p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01, **PLAIN),
}

print("// Made by tools/golden/kernels.py with torch", torch.__version__.split("+")[0] + "; do not edit.")
print()
print(f"/// Parameters after {STEPS} steps of torch's optimizers in f32, from the numbers below.")
print("enum Golden {")
print(f"  static let stepCount = {STEPS}")
print()
print("  static let initial: [Float] = (0..<%d).map { Float(($0 * 37 + 11) %% 101 - 50) / 64 }" % COUNT)
print()
print("  static func gradient(step: Int) -> [Float] {")
print("    (0..<%d).map { Float(($0 * 29 + step * 17 + 5) %% 97 - 48) / 128 }" % COUNT)
print("  }")
for name, make in CASES.items():
    numbers = [f"{value:.9g}" for value in run(make)]
    print()
    print(f"  static let {name}: [Float] = [")
    for start in range(0, COUNT, 5):
        print("    " + ", ".join(numbers[start:start + 5]) + ",")
    print("  ]")
print("}")
