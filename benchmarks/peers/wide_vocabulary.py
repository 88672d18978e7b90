"""Writes a copy of a BERT masked-LM checkpoint whose vocabulary is as large as that of a large language model's.

The new terms have embeddings of the old ones with a little noise, and biases of the old ones, so that as large a share of
them comes out non-zero. Their tokens are fillers, which no text has.

  python benchmarks/peers/wide_vocabulary.py models/splade-tiny OUT_DIR [--terms 128256]
"""

import argparse
import json
import pathlib

import torch
import transformers


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--terms", type=int, default=128256)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = transformers.AutoModelForMaskedLM.from_pretrained(options.model, dtype=torch.float32)
    old = model.config.vocab_size
    model.resize_token_embeddings(options.terms)
    table = model.get_input_embeddings().weight
    bias = model.get_output_embeddings().bias
    rows = torch.arange(old, options.terms) % old
    table[old:] = table[rows] + 0.01 * table[:old].std() * torch.randn(len(rows), table.shape[1])
    bias[old:] = bias[rows]
    model.save_pretrained(options.out)
    tokenizer = json.loads((options.model / "tokenizer.json").read_text())
    terms = tokenizer["model"]["vocab"]
    for term in range(old, options.terms):
        terms[f"[filler{term}]"] = term
    (options.out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))


if __name__ == "__main__":
    main()
