"""Losses of `deepspeed train` beside Python DeepSpeed on the same weights, batches and config.

    python compare.py --ours PATH/deepspeed --peer "python -m deepspeed.launcher.runner" --script train_hf.py --out DIR

Needs torch, transformers, deepspeed and numpy in this Python. `--script` takes MODEL DATA.npy CONFIG STEPS OUT.csv and
writes rows of step,loss. Prints one line for each dtype, stage and rank count: the largest relative difference.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--ours", required=True)
parser.add_argument("--script", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--runs", default="f32:0,1,2:1,2,4;bf16:1,2:1,2")
options = parser.parse_args()
os.makedirs(options.out, exist_ok=True)
model, data = os.path.join(options.out, "model"), os.path.join(options.out, "data.npy")

if not os.path.exists(model):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=2000, hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=True)).save_pretrained(model)
    # A noisy periodic sequence: there is something to learn.
    source = np.random.RandomState(1)
    rows = (np.arange(65)[None, :] * source.randint(1, 40, (400, 1)) + source.randint(0, 2000, (400, 1))) % 2000
    noise = source.rand(400, 65) < 0.1
    np.save(data, np.where(noise, source.randint(0, 2000, (400, 65)), rows).astype(np.int32))


def losses(path):
    with open(path) as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def run(name, command, path):
    environment = dict(os.environ, OMP_NUM_THREADS="1", DEEPSPEED_THREADS_PER_RANK="1", DS_ACCELERATOR="cpu")
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode != 0 or not os.path.exists(path):
        sys.exit(f"{name} failed:\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    return losses(path)


failed = False
for group in options.runs.split(";"):
    dtype, stages, ranks = group.split(":")
    for stage in stages.split(","):
        for count in ranks.split(","):
            config = {
                "train_batch_size": 8, "gradient_accumulation_steps": 2, "gradient_clipping": 1.0,
                "zero_optimization": {"stage": int(stage)},
                "optimizer": {"type": "AdamW", "params": {"lr": 3e-4, "betas": [0.9, 0.95], "eps": 1e-8, "weight_decay": 0.1}},
                "scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": 10, "warmup_max_lr": 3e-4}},
            }
            if dtype != "f32":
                config[dtype] = {"enabled": True}
            name = f"{dtype}-z{stage}-r{count}"
            path = os.path.join(options.out, name + ".json")
            with open(path, "w") as file:
                json.dump(config, file)
            ours, theirs = os.path.join(options.out, name + ".ours.csv"), os.path.join(options.out, name + ".peer.csv")
            for stale in (ours, theirs):
                if os.path.exists(stale):
                    os.remove(stale)
            a = run("ours", [options.ours, "train", "--model", model, "--data", data, "--deepspeed_config", path,
                             "--num_gpus", count, "--steps", str(options.steps), "--seq_len", "65", "--no_shuffle",
                             "--loss_csv", ours], ours)
            b = run("peer", ["deepspeed", "--num_accelerators", count, "--master_port", str(random.randint(20000, 29000)),
                             options.script, model, data, path, str(options.steps), theirs], theirs)
            worst = max(abs(x - y) / abs(y) for x, y in zip(a, b))
            limit = 1e-4 if dtype == "f32" else 1e-2
            failed |= worst > limit or len(a) != options.steps or len(b) != options.steps
            print(f"{name}: {len(a)} steps, loss {a[0]:.4f} -> {a[-1]:.4f}, peer {b[0]:.4f} -> {b[-1]:.4f}, "
                  f"largest relative difference {worst:.2e} (limit {limit:.0e})", flush=True)
sys.exit(1 if failed else 0)
