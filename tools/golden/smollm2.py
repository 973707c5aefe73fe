"""Makes Tests/PretrainedTests/Fixtures/smollm2.safetensors: what transformers computes with the sample model.

Needs torch 2.11, transformers 5.23, accelerate, gguf and safetensors. The GGUF file is the one that scripts/bootstrap fetches:
    python tools/golden/smollm2.py "$DEEPSPEED_SAMPLE_MODEL"
transformers itself dequantises the weights to float32. A Hugging Face folder of the same weights as a second
argument is compared with that reading: the script ends with an error when the logits of the two differ.
The file holds `tokens [T]` (int64), `vocabulary [64]` (int64), `logits [T, 64]` (float32, at those ids),
`log_sum_exp [T]` (float32, over all ids) and `argmax [T]` (int64).
"""
import pathlib
import sys

# A neighbour of this file has the name of a package that transformers imports.
sys.path.pop(0)

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "PretrainedTests" / "Fixtures" / "smollm2.safetensors"
TEXT = "The tide had gone out, and 37 small crabs ran sideways over the wet sand. def walk(self): return"
VOCABULARY = 64


def logits_of(model, tokens):
    with torch.no_grad():
        return model.eval()(tokens[None]).logits[0]


def main(gguf, folder=None):
    gguf = pathlib.Path(gguf)
    source = dict(pretrained_model_name_or_path=gguf.parent, gguf_file=gguf.name)
    tokens = torch.tensor(AutoTokenizer.from_pretrained(**source)(TEXT, add_special_tokens=False).input_ids)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32, attn_implementation="eager")
    logits = logits_of(model, tokens)
    if folder:
        other = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        difference = (logits_of(other, tokens) - logits).abs().max().item()
        if difference > 2e-5:
            sys.exit(f"the logits of {folder} differ from those of {gguf} by {difference}")
    # The likeliest ids and others from the whole range.
    likely = logits.topk(4).indices.flatten().unique()
    spread = torch.arange(0, logits.size(1), logits.size(1) // VOCABULARY)
    generator = torch.Generator().manual_seed(1)
    vocabulary = torch.cat([likely[torch.randperm(len(likely), generator=generator)[:48]], spread])[:VOCABULARY]
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        dict(tokens=tokens, vocabulary=vocabulary, logits=logits[:, vocabulary].contiguous(),
             log_sum_exp=logits.logsumexp(1), argmax=logits.argmax(1)), FIXTURE)
    print(f"{len(tokens)} tokens, {FIXTURE.stat().st_size} bytes in {FIXTURE}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
