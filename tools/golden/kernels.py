"""Writes Tests/CKernelsTests/Golden.swift: parameters after five steps of torch's own optimizers, and of Lion
and LAMB, which torch does not have, by their formulas in f64.

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


def lion(lr, beta1, beta2, weight_decay):
    p, m = initial().double(), 0
    for step in range(1, STEPS + 1):
        g = gradient(step).double()
        c = beta1 * m + (1 - beta1) * g
        p = (1 - lr * weight_decay) * p - lr * torch.where(c < 0, -1.0, 1.0)
        m = beta2 * m + (1 - beta2) * g
    return p.tolist()


def lamb(lr, beta1, beta2, eps, weight_decay, inside, split):
    """The first `split` elements are one parameter, the others another."""
    p = initial().double()
    m, v = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(1, STEPS + 1):
        g = gradient(step).double()
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = m / ((v + eps).sqrt() if inside else v.sqrt() + eps) + weight_decay * p
        rate = lr * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        for part in (slice(0, split), slice(split, COUNT)):
            ratio = (p[part].norm() / u[part].norm()).clamp(0.01, 10)
            p[part] = p[part] - rate * ratio * u[part]
    return p.tolist()


PLAIN = dict(foreach=False, fused=False)
CASES = {
    "adamW": lambda p: torch.optim.AdamW(p, lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, **PLAIN),
    "adamL2": lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, **PLAIN),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01, **PLAIN),
    "sgdMomentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, **PLAIN),
    "sgdNesterov": lambda p: torch.optim.SGD(
        p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01, **PLAIN),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, eps=1e-8, weight_decay=0.01, **PLAIN),
}
VALUES = {name: run(make) for name, make in CASES.items()}
VALUES["lion"] = lion(lr=0.01, beta1=0.9, beta2=0.95, weight_decay=0.1)
VALUES["lamb"] = lamb(0.01, 0.9, 0.95, 1e-6, 0.1, inside=False, split=4)
VALUES["lambInside"] = lamb(0.01, 0.9, 0.95, 1e-3, 0, inside=True, split=4)

print("// Made by tools/golden/kernels.py with torch", torch.__version__.split("+")[0] + "; do not edit.")
print()
print(f"/// Parameters after {STEPS} steps: torch's optimizers in f32, Lion and LAMB by formula in f64.")
print("enum Golden {")
print(f"  static let stepCount = {STEPS}")
print()
print("  static let initial: [Float] = (0..<%d).map { Float(($0 * 37 + 11) %% 101 - 50) / 64 }" % COUNT)
print()
print("  static func gradient(step: Int) -> [Float] {")
print("    (0..<%d).map { Float(($0 * 29 + step * 17 + 5) %% 97 - 48) / 128 }" % COUNT)
print("  }")
for name, values in VALUES.items():
    numbers = [f"{value:.9g}" for value in values]
    print()
    print(f"  static let {name}: [Float] = [")
    for start in range(0, COUNT, 5):
        print("    " + ", ".join(numbers[start:start + 5]) + ",")
    print("  ]")
print("}")
