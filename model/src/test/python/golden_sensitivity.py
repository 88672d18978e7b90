"""Proof that the fixtures of golden_more.py can fail: each detail, altered, moves the vectors of its case."""

import torch

import golden_heads

SMALLEST_MOVE = 2e-4  # twenty times what a test should tolerate


def config(**changes):
    def alter(model):
        for name, value in changes.items():
            setattr(model.config, name, value)

    return alter


def parameters(part, value):
    def alter(model):
        named = [p for name, p in model.named_parameters() if part in name]
        assert named, f"no parameter is called {part}"
        with torch.no_grad():
            for parameter in named:
                parameter.fill_(value)

    return alter


def rotation(factor):
    def alter(model):
        for module in model.modules():
            for name, buffer in module.named_buffers(recurse=False):
                if name.endswith("inv_freq"):
                    buffer.mul_(factor)

    return alter


def default_rotation(model):
    """The frequencies without rope scaling."""
    module = model.model.rotary_emb
    exponents = torch.arange(0, len(module.inv_freq) * 2, 2) / (len(module.inv_freq) * 2)
    module.inv_freq.copy_(10000.0**-exponents)


def activation(name, replacement):
    def alter(model):
        old = [(m, k) for m in model.modules() for k, v in vars(m)["_modules"].items() if type(v).__name__ == name]
        assert old, f"no activation {name}"
        for module, key in old:
            setattr(module, key, replacement)

    return alter


def shift_table(part, rows):
    def alter(model):
        table = next(p for name, p in model.named_parameters() if part in name)
        with torch.no_grad():
            table.copy_(table.roll(rows, 0))

    return alter


TANH_GELU = torch.nn.GELU(approximate="tanh")
DETAILS = [
    ("roberta.mlm", "position offset", shift_table("position_embeddings", 1)),
    ("roberta.mlm", "head's dense bias", parameters("lm_head.dense.bias", 0.0)),
    ("roberta.mlm", "head's norm bias", parameters("lm_head.layer_norm.bias", 0.0)),
    ("roberta.mlm", "vocabulary bias", parameters("lm_head.bias", 0.0)),
    ("roberta.mlm", "exact gelu", activation("GELUActivation", TANH_GELU)),
    ("distilbert.mlm", "head's norm", parameters("vocab_layer_norm.weight", 1.0)),
    ("distilbert.mlm", "head's dense bias", parameters("vocab_transform.bias", 0.0)),
    ("distilbert.mlm", "value bias", parameters("v_lin.bias", 0.0)),
    ("modernbert.mlm", "local window", config(local_attention=64)),
    ("modernbert.mlm", "window one wider", config(local_attention=10)),
    ("modernbert.mlm", "rotation", rotation(0.7)),
    ("modernbert.mlm", "vocabulary bias", parameters("decoder.bias", 0.0)),
    ("llama.causal", "rope scaling", default_rotation),
    ("llama.causal", "norms", parameters("norm.weight", 1.0)),
    ("mistral.causal", "window", config(sliding_window=64)),
    ("mistral.causal", "window one wider", config(sliding_window=7)),
    ("mistral.bidirectional", "window", config(sliding_window=64)),
    ("mistral.bidirectional", "window one narrower", config(sliding_window=5)),
    ("qwen2.causal", "query bias", parameters("q_proj.bias", 0.0)),
    ("qwen2.bidirectional", "value bias", parameters("v_proj.bias", 0.0)),
    ("qwen2.causal", "rope base", rotation(0.7)),
    ("qwen3.causal", "query norm", parameters("q_norm.weight", 1.0)),
    ("qwen3.bidirectional", "key norm", parameters("k_norm.weight", 1.0)),
    ("opt.tail", "position offset", shift_table("embed_positions", 1)),
    ("opt.tail", "final norm", parameters("decoder.final_layer_norm.bias", 0.0)),
    ("bge_m3", "position offset", shift_table("position_embeddings", 1)),
    ("flan.encoder", "relative positions", parameters("relative_attention_bias", 0.0)),
    ("flan.decoder.invariant", "relative positions", parameters("relative_attention_bias", 0.0)),
    ("flan.encoder_decoder_multi.invariant", "cross-attention", parameters("EncDecAttention.v", 0.0)),
    ("flan.encoder", "tanh gelu", activation("NewGELUActivation", torch.nn.GELU())),
    ("t5v10.encoder_decoder_single", "logit scale", lambda model: setattr(model.config, "scale_decoder_outputs", False)),
]


def check(out, cases, load, tensors_of):
    """Raises unless altering each detail moves a weight of its case, and each reading differs from its neighbour."""
    for name, detail, alter in DETAILS:
        model = load(out, cases[name])
        tensors = tensors_of(out, cases[name])
        before = golden_heads.vectors(model, tensors, cases[name])
        alter(model)
        moved = (golden_heads.vectors(model, tensors, cases[name]) - before).abs().max().item()
        print(f"{name:38} {detail}: moves a weight by {moved:.4f}")
        if moved < SMALLEST_MOVE:
            raise SystemExit(f"{name}: without its {detail} the vectors move by {moved} only")
    for one, other in DIFFERENT:
        if cases[one]["vectors"] == cases[other]["vectors"]:
            raise SystemExit(f"{one} and {other} are the same")
    if cases["llama.causal"]["vectors"] != cases["llama-sharded.causal"]["vectors"]:
        raise SystemExit("the sharded checkpoint gives other vectors")


DIFFERENT = [
    ("llama.causal", "llama.bidirectional"),
    ("llama.causal", "llama.echo"),
    ("llama.causal", "llama-bf16.causal"),
    ("llama.causal", "llama-lora.causal"),
    ("llama-lora.causal", "llama-rslora.causal"),
    ("mistral.causal", "mistral.bidirectional"),
    ("mistral.causal", "mistral.echo"),
    ("flan.decoder.invariant", "flan.decoder.reference"),
    ("flan.encoder_decoder_multi.invariant", "flan.encoder_decoder_multi.reference"),
    ("t5v10.encoder_decoder_multi.invariant", "t5v10.encoder_decoder_multi.reference"),
    ("bert.epic.document", "bert.epic.document.reference"),
    ("bert.sparta", "bert.sparta.bias"),
    ("bert.mlp.query", "bert.mlp.document"),
    ("bert.mlm.keep", "bert.mlm.mask"),
    ("modernbert.mlm", "modernbert-hub.mlm"),
]
