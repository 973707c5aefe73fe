"""Makes the safetensors fixtures of Tests/CheckpointsTests and the .npy fixtures of Tests/DatasetsTests.

Needs the Python packages torch, safetensors and numpy. Run from anywhere:
    python tools/golden/files.py
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Some scripts beside this one have the names of packages.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

CHECKPOINTS = HERE.parent.parent / "Tests" / "CheckpointsTests" / "Fixtures"
DATASETS = HERE.parent.parent / "Tests" / "DatasetsTests" / "Fixtures"


def tensors():
    generator = torch.Generator().manual_seed(11)
    normal = torch.randn(3, 4, generator=generator)
    whole = torch.randint(0, 100, (2, 3), generator=generator)
    wide = torch.randn(2, 2, generator=generator, dtype=torch.float64)
    result = {"wide.f64": wide, "scalar": torch.tensor(2.5)}
    for name, dtype in {
        "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "f8e4m3": torch.float8_e4m3fn,
        "f8e5m2": torch.float8_e5m2,
    }.items():
        result[f"layer.{name}"] = normal.to(dtype)
    for name, dtype in {"i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8,
                        "u8": torch.uint8}.items():
        result[f"count.{name}"] = whole.to(dtype)
    result["mask.bool"] = whole > 50
    result["empty.f32"] = torch.zeros(0, 5)
    return result


def describe(values):
    return {
        name: {"shape": list(value.shape), "values": value.double().flatten().tolist()}
        for name, value in values.items()
    }


def write_safetensors():
    CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    values = tensors()
    save_file(values, CHECKPOINTS / "dtypes.safetensors", metadata={"format": "pt"})
    (CHECKPOINTS / "dtypes.json").write_text(json.dumps(describe(values), indent=1) + "\n")
    folder = CHECKPOINTS / "sharded"
    folder.mkdir(exist_ok=True)
    parts = [["model.embed.weight"], ["model.layers.0.weight", "model.layers.1.weight"], ["lm_head.weight"]]
    index, total = {}, 0
    for number, names in enumerate(parts):
        file = f"model-{number + 1:05}-of-{len(parts):05}.safetensors"
        shard = {name: torch.full((2, 3), float(len(index) + place)) for place, name in enumerate(names)}
        save_file(shard, folder / file, metadata={"format": "pt"})
        index.update({name: file for name in names})
        total += sum(value.numel() * 4 for value in shard.values())
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=2) + "\n")


def write_npy():
    DATASETS.mkdir(parents=True, exist_ok=True)
    stream = np.arange(23) * 11 % 250
    for dtype in (np.uint8, np.uint16, np.int32, np.uint32, np.int64):
        np.save(DATASETS / f"stream-{np.dtype(dtype).name}.npy", stream.astype(dtype))
    rows = (np.arange(28).reshape(4, 7) * 13 % 250).astype(np.int32)
    np.save(DATASETS / "rows.npy", rows)
    with open(DATASETS / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, stream.astype(np.uint16), version=(2, 0))
    np.save(DATASETS / "columns.npy", np.asfortranarray(rows))
    np.save(DATASETS / "floats.npy", stream.astype(np.float32))
    np.save(DATASETS / "big-endian.npy", stream.astype(">i4"))
    np.save(DATASETS / "cube.npy", rows.reshape(2, 2, 7))
    np.save(DATASETS / "negative.npy", np.array([[3, 4, 5], [6, -7, 8]], dtype=np.int64))
    np.save(DATASETS / "record.npy", np.zeros(3, dtype=[("token", "<u2"), ("weight", "<f4")]))


write_safetensors()
write_npy()
