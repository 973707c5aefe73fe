"""Makes Tests/ModelsTests/Fixtures: small random language models as Hugging Face folders, with their logits.

Needs torch 2.11, transformers 5.23 and safetensors. Run from anywhere:
    python tools/golden/models.py
Each folder holds config.json, model.safetensors (float32) and expected.safetensors with `tokens [B, T]` (int64),
`logits [B, T, V]` (float32) and `loss` (float32, mean over the shifted tokens).
"""
import pathlib
import shutil
import sys

# A neighbour of this file has the name of a package that transformers imports.
sys.path.pop(0)

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
SIZES = dict(vocab_size=128, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
IDS = dict(bos_token_id=1, eos_token_id=2)
LENGTH = 24


def configurations():
    yield "gpt2", GPT2Config(vocab_size=128, n_positions=64, n_embd=32, n_layer=2, n_head=4, **IDS)
    yield "gpt2-untied", GPT2Config(
        vocab_size=128, n_positions=64, n_embd=32, n_layer=2, n_head=4, n_inner=40, activation_function="gelu",
        tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=1e-3, **IDS)
    yield "llama", LlamaConfig(**SIZES, num_key_value_heads=2, max_position_embeddings=64, **IDS)
    yield "llama3", LlamaConfig(
        **SIZES, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True, head_dim=16,
        attention_bias=True, mlp_bias=True, rope_parameters=dict(
            rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=32), **IDS)
    yield "llama-linear", LlamaConfig(
        **SIZES, max_position_embeddings=64,
        rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0), **IDS)
    yield "llama-dynamic", LlamaConfig(
        **SIZES, max_position_embeddings=16,
        rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0), **IDS)
    yield "llama-yarn", LlamaConfig(
        **SIZES, num_key_value_heads=1, max_position_embeddings=128, rope_parameters=dict(
            rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32), **IDS)
    yield "mistral", MistralConfig(
        **SIZES, num_key_value_heads=2, head_dim=12, sliding_window=5, max_position_embeddings=64, **IDS)
    yield "qwen2", Qwen2Config(
        **SIZES, num_key_value_heads=2, use_sliding_window=True, sliding_window=6, max_window_layers=1,
        max_position_embeddings=64, tie_word_embeddings=True, **IDS)
    yield "qwen3", Qwen3Config(
        **SIZES, num_key_value_heads=2, head_dim=16, max_position_embeddings=64, **IDS)


def make(name, configuration, seed):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(configuration, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Larger than usual, and norms away from one, so that every part leaves a trace in the logits.
            parameter.add_(torch.randn_like(parameter) * 0.2)
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens = torch.randint(0, 128, (2, LENGTH))
    with torch.no_grad():
        logits = model(tokens).logits
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, 128), tokens[:, 1:].reshape(-1))
    save_file(dict(tokens=tokens, logits=logits.contiguous(), loss=loss), folder / "expected.safetensors")


if __name__ == "__main__":
    for seed, (name, configuration) in enumerate(configurations()):
        make(name, configuration, seed)
    size = sum(file.stat().st_size for file in FIXTURES.rglob("*") if file.is_file())
    print(f"{size} bytes in {FIXTURES}")
