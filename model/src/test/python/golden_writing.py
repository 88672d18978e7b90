"""Writes golden-more/writing.json: what causal models of the other golden folders write greedily behind given tokens.

Run with torch and transformers installed (writing.json says which versions made the committed file):
  python model/src/test/python/golden_writing.py model/src/test/resources

In fp32 on one thread, with eager attention, by `generate` of transformers with its cache. The run fails if reading each whole
prefix again, in fp64, would choose another token, or if a choice was too close to be told from rounding.
"""

import json
import os
import pathlib
import sys

import torch

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing here is to be fetched

import transformers

SEED = 29
TOKENS = 20
LENGTHS = (14, 9, 1)
LEAST_MARGIN = 1e-4
MODELS = (
    "golden/llama",
    "golden/opt125",
    "golden/opt350",
    "golden-more/mistral",
    "golden-more/qwen2",
    "golden-more/qwen3",
    "golden-more/opt-tail",
)


def chosen_again(model, ids, count):
    """Tokens, their least lead and the logits of the last choice, each from the whole prefix in fp64."""
    margin = float("inf")
    with torch.no_grad():
        for _ in range(count):
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1]
            best = logits.topk(2)
            margin = min(margin, float(best.values[0] - best.values[1]))
            ids = ids + [int(best.indices[0])]
    return ids[-count:], margin, [round(logit, 6) for logit in logits.tolist()]


def main(resources):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    cases = {}
    for name in MODELS:
        folder = resources / name
        load = lambda kind: transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=kind, attn_implementation="eager"
        ).eval()
        model, exact = load(torch.float32), load(torch.float64)
        rows = []
        for length in LENGTHS:
            ids = torch.randint(4, model.config.vocab_size - 3, (length,)).tolist()
            written = model.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, length, dtype=torch.int64),
                max_new_tokens=TOKENS,
                do_sample=False,
            )[0, length:].tolist()
            again, margin, logits = chosen_again(exact, ids, len(written))
            if again != written or margin < LEAST_MARGIN:
                raise SystemExit(f"{name}: {written} and {again}, margin {margin}; choose another seed")
            rows.append(
                {
                    "input_ids": ids,
                    "generated": written,
                    "smallest_margin": float(f"{margin:.3g}"),
                    "last_logits": logits,
                }
            )
        cases[name] = rows
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    head = json.dumps({"seed": SEED, "max_new_tokens": TOKENS, "versions": versions})[:-1]
    lines = ",\n".join(
        f' "{name}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "]" for name, rows in cases.items()
    )
    (resources / "golden-more" / "writing.json").write_text(head + ', "cases": {\n' + lines + "}}\n")


main(pathlib.Path(sys.argv[1]))
