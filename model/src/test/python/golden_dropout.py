"""Writes the gradients of low-rank adapters with dropout on what they read: golden-more/dropout.json.

Run with torch, transformers and peft installed (the file says which versions made the committed one), after golden_more.py:
  python model/src/test/python/golden_dropout.py model/src/test/resources/golden-more

peft computes; in place of its dropout stands the same product with a mask that is not drawn but follows from seed, text,
layer and place, as io.millrace.model.backbone.DropMasks has it. The loss, and what the file holds of gradients, are those of
golden_gradients.py. Each factor of an adapter begins with 0.05 sin(1 + 0.37 i + the length of its name) at flat index i.
"""

import json
import os
import pathlib
import sys

import numpy
import torch

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing here is to be fetched

import peft
import transformers

import golden_gradients
import golden_heads

SEED, SHARE, RANK, ALPHA = 11, 64, 3, 6
WRAP = (1 << 64) - 1

# What reads one input, in the order in which a layer's modules are computed.
BERT = [["query", "key", "value"], ["attention.output.dense"], ["intermediate.dense"], ["output.dense"]]
LLAMA = [["q_proj", "k_proj", "v_proj"], ["o_proj"], ["gate_proj", "up_proj"], ["down_proj"]]
T5 = [["SelfAttention.q", "SelfAttention.k", "SelfAttention.v"], ["SelfAttention.o"], ["wi_0", "wi_1"], ["wo"]]
CROSS = [["EncDecAttention.q"], ["EncDecAttention.k", "EncDecAttention.v"], ["EncDecAttention.o"]]

CASES = {
    "bert.mlm.keep": (["query", "value", "dense"], [("bert.encoder.layer.", BERT)], "cls.predictions.transform.dense"),
    "bert.epic.document": (["key", "value"], [("bert.encoder.layer.", BERT)], None),
    "llama.causal": (["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], [("model.layers.", LLAMA)], None),
    "flan.encoder_decoder_multi.invariant": (["q", "v", "o", "wi_1", "wo"], [("encoder.block.", T5), ("decoder.block.", T5 + CROSS)], None),
}


def mix(value):
    z = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & WRAP
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WRAP
    return z ^ (z >> 31)


def mask(seed, text, site, rows, width):
    """1 where a byte of SplitMix64 is not below the share."""
    state = mix((mix((mix(seed) + text) & WRAP) + site) & WRAP)
    words = []
    for _ in range((rows * width + 7) // 8):
        state = (state + 0x9E3779B97F4A7C15) & WRAP
        words.append(mix(state))
    draws = numpy.frombuffer(numpy.array(words, dtype="<u8").tobytes(), dtype=numpy.uint8)[: rows * width]
    return torch.from_numpy((draws >= SHARE).reshape(rows, width).astype(numpy.float64))


class Masked(torch.nn.Module):
    """Dropout whose mask is a function of where it stands and of the text that is read."""

    text = 0

    def __init__(self, seed, site):
        super().__init__()
        self.seed, self.site = seed, site

    def forward(self, x):
        kept = mask(self.seed, Masked.text, self.site, x.shape[-2], x.shape[-1])
        return x * kept * (256 / (256 - SHARE))


def places(model, stacks, transform):
    """By the module's name the seed and site of its draws."""
    own = (SEED ^ 0x632BE59BD9B4E019) & WRAP
    adapted = {name for name, module in model.named_modules() if isinstance(module, peft.tuners.lora.LoraLayer)}
    found = {}
    for number, (prefix, groups) in enumerate(stacks):
        # An encoder before a decoder draws by another seed.
        seed = (mix(SEED) ^ 0x632BE59BD9B4E019) & WRAP if number == 0 and len(stacks) > 1 else own
        depth = max(int(name[len(prefix) :].split(".")[0]) for name in adapted if name.startswith(prefix)) + 1
        for layer in range(depth):
            for place, group in enumerate(groups):
                names = [match(adapted, f"{prefix}{layer}.", module) for module in group]
                for module, name in enumerate(name for name in names if name):
                    found[name] = (seed, 8 * (layer * len(groups) + place) + module)
    if transform:
        found[transform] = (own, -8)
    if found.keys() != adapted:
        raise SystemExit(f"no place is known of {adapted ^ found.keys()}")
    return found


def match(adapted, layer, module):
    """The layer's module of that name, among those with adapters; the shortest, as BERT has two output.dense."""
    names = [name for name in adapted if name.startswith(layer) and name.endswith("." + module)]
    return min(names, key=len) if names else None


def begin(model):
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name)
        if "lora_" in name:
            index = torch.arange(parameter.numel()).double()
            value = 0.05 * torch.sin(1 + 0.37 * index + len(own_name(name)))
            parameter.data = value.float().double().reshape(parameter.shape)


def own_name(name):
    """As peft saves it."""
    return "base_model.model." + name.replace(".default.", ".")


def learned(out, entry, targets, stacks, transform):
    model, tensors = golden_gradients.loaded(out, entry)
    tensors = {name: tensor.detach() for name, tensor in tensors.items()}
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.1, target_modules=targets)
    model = peft.inject_adapter_in_model(config, model)
    for name, (seed, site) in places(model, stacks, transform).items():
        model.get_submodule(name).lora_dropout["default"] = Masked(seed, site)
    begin(model)
    loss = torch.zeros((), dtype=torch.float64)
    for row, (ids, keys) in enumerate(zip(entry["input_ids"], entry["attention_mask"])):
        Masked.text = row
        alone = {"input_ids": [ids[: sum(keys)]], "attention_mask": [keys[: sum(keys)]]}
        weights = golden_heads.recorded(model, tensors, entry | alone)
        terms = torch.arange(weights.shape[1]).double()
        loss = loss + (torch.sin(1 + 3 * row + terms) * weights).sum()
    loss.backward()
    found = {own_name(n): golden_gradients.summary(p.grad) for n, p in sorted(model.named_parameters()) if p.grad is not None}
    return {"targets": targets, "loss": loss.item(), "gradients": found}


def main(target):
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    out = pathlib.Path(target)
    golden = json.loads((out / "golden.json").read_text())
    cases = {name: learned(out, golden["cases"][name], *where) for name, where in CASES.items()}
    for name, case in cases.items():
        print(f"{name:36} loss {case['loss']:9.4f}, {len(case['gradients'])} tensors")
    versions = {m.__name__: m.__version__ for m in (torch, transformers, peft)}
    about = {"arithmetic": "fp64, eager attention, CPU", "seed": SEED, "share": SHARE / 256, "rank": RANK, "alpha": ALPHA}
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c, separators=(',', ':'))}" for n, c in cases.items())
    head = json.dumps(about | {"versions": versions})
    (out / "dropout.json").write_text(head[:-1] + ', "cases": {\n' + lines + "\n}}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
