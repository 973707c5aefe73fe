"""Makes the GGUF fixtures of Tests/CheckpointsTests: one small file with every format and value type that is
read, and the values that the reference dequantises it to.

Needs the Python packages gguf, numpy and safetensors. Run from anywhere:
    python tools/golden/gguf_files.py
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Some scripts beside this one have the names of packages.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE]

import gguf  # noqa: E402
import numpy as np  # noqa: E402
from gguf import GGMLQuantizationType as Format, GGUFValueType as Type  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402

OUTPUT = HERE.parent.parent / "Tests" / "CheckpointsTests" / "Fixtures"


def add_metadata(writer):
    writer.add_uint8("test.uint8", 200)
    writer.add_int8("test.int8", -100)
    writer.add_uint16("test.uint16", 60000)
    writer.add_int16("test.int16", -30000)
    writer.add_uint32("test.uint32", 4000000000)
    writer.add_int32("test.int32", -2000000000)
    writer.add_uint64("test.uint64", 2**63 + 5)
    writer.add_int64("test.int64", -(2**62))
    writer.add_float32("test.float32", 1e-5)
    writer.add_float64("test.float64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "gr\u00fc\u00df Gott")
    writer.add_array("test.integers", [3, -1, 4])
    writer.add_key_value("test.floats", [0.5, -0.25], Type.ARRAY, sub_type=Type.FLOAT32)
    writer.add_array("test.nested", [[1, 2], [3]])
    writer.add_block_count(2)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(["<|endoftext|>", "a", "b", "\u0120a", "ab"])
    writer.add_token_types([3, 1, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template("{{ messages }}")


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(7)
    writer = gguf.GGUFWriter(OUTPUT / "formats.gguf", "llama")
    add_metadata(writer)
    expected = {}
    for format in (Format.F32, Format.F16, Format.BF16, Format.Q8_0, Format.Q4_0, Format.Q4_1):
        name = f"blk.0.{format.name.lower()}.weight"
        values = generator.standard_normal((6, 64)).astype(np.float32)
        # Blocks of one value, of zeros, and of tiny values, whose scale is a subnormal f16.
        values[1, :32], values[1, 32:], values[2, :32] = 3.0, 0.0, values[2, :32] * 1e-6
        stored = gguf.quants.quantize(values, format)
        writer.add_tensor(name, stored, raw_dtype=format)
        expected[name] = gguf.quants.dequantize(stored, format).astype(np.float32).reshape(6, 64)
    counts = np.arange(5, dtype=np.int32)
    writer.add_tensor("counts", counts)
    expected["counts"] = counts
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, OUTPUT / "formats.expected.safetensors")


main()
