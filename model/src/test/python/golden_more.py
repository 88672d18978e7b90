"""Writes the golden fixtures of every backbone, head, weight form, scorer and generator: tiny checkpoints, golden.json.

Run with torch, transformers and peft installed (golden.json says which versions made the committed files):
  python model/src/test/python/golden_more.py model/src/test/resources/golden-more

Every expected number comes from the checkpoint as it was read back from the disk, in fp32 on one thread, with eager
attention. The run fails if fp64 arithmetic on each text alone disagrees, if a weight is too near zero to be told from it, or if one of the
details that a case is there for (golden_sensitivity.py) would not move its vectors. The folder's README.md says what
the fields mean.
"""

import copy
import json
import os
import pathlib
import shutil
import sys

import numpy
import safetensors.torch
import torch

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing here is to be fetched

import peft
import transformers

import golden_heads
import golden_models
import golden_peft
import golden_sensitivity

SEED = 13
PRECISION_TOLERANCE = 5e-6
NEAREST_TO_ZERO = 2e-5
LENGTHS = (20, 11, 5)
# What each architecture puts around a text, and what it pads with.
WRAPPING = {
    "bert": dict(first=[2], last=[3], pad=0, special=[0, 2, 3]),
    "roberta": dict(first=[0], last=[2], pad=1, special=[0, 1, 2]),
    "t5": dict(first=[], last=[1], pad=0, special=[0, 1]),
    "opt": dict(first=[2], last=[], pad=1, special=[1, 2]),
    "llama": dict(first=[1], last=[], pad=0, special=[0, 1]),
}
WRAPPING_OF = {
    "bert-heads": "bert",
    "distilbert": "bert",
    "modernbert": "bert",
    "modernbert-hub": "bert",
    "roberta": "roberta",
    "bge-m3": "roberta",
    "flan": "t5",
    "t5v10": "t5",
    "opt-tail": "opt",
}


def inputs(wrapping, lengths=LENGTHS):
    """Random texts with some tokens repeated, wrapped and padded on the right: (input_ids, attention_mask)."""
    rule = WRAPPING[wrapping]
    generator = numpy.random.default_rng(SEED)
    rows, masks = [], []
    for length in lengths:
        content = generator.integers(5, golden_models.VOCABULARY, length - len(rule["first"] + rule["last"])).tolist()
        content[len(content) // 2] = content[0]
        row = rule["first"] + content + rule["last"]
        padding = max(lengths) - length
        rows.append(row + [rule["pad"]] * padding)
        masks.append([1] * length + [0] * padding)
    return rows, masks


def mlm(pooling="max", saturation="log1p", logit_scale=1.0, logit_shift=0.0):
    names = dict(pooling=pooling, saturation=saturation, logit_scale=logit_scale, logit_shift=logit_shift)
    return dict(kind="mlm", **names)


def mlp(linear, reduction, saturation="none", activation="relu", **more):
    names = dict(linear=linear, activation=activation, saturation=saturation, reduction=reduction)
    return dict(kind="mlp", **names, **more)


def epic(masked_positions):
    tensors = dict(importance="term_importance.linear", quality="doc_quality.linear")
    rest = dict(activation="softplus", saturation="log1p", pooling="max", masked_positions=masked_positions)
    return dict(kind="epic", **tensors, **rest)


def sparta(**more):
    table = "bert.embeddings.word_embeddings.weight"
    return dict(kind="sparta", embedding=table, saturation="log1p", dropped_ids=[0, 1, 2, 3, 4], **more)


def case(model, reading, head, special_tokens="keep", positions="all", alignment="invariant", **more):
    wrapping = WRAPPING_OF.get(model, "llama")
    ids, mask = inputs(wrapping)
    special = dict(special_tokens=special_tokens, special_ids=WRAPPING[wrapping]["special"])
    rest = dict(positions=positions, head=head, **more, input_ids=ids, attention_mask=mask)
    return dict(model=model, reading=reading, alignment=alignment, **special, **rest)


def encoder_cases():
    bert = "bert-heads"
    yield "bert.mlm.keep", case(bert, "encoder", mlm())
    yield "bert.mlm.mask", case(bert, "encoder", mlm(), "mask")
    yield "bert.mlm.no_log", case(bert, "encoder", mlm(saturation="none"))
    yield "bert.mlm.scale_and_shift", case(bert, "encoder", mlm(logit_scale=0.5, logit_shift=-1.0))
    yield "bert.mlm.shift_upwards_and_mask", case(bert, "encoder", mlm(logit_shift=1.5), "mask")
    yield "bert.mlm.sum_and_scale", case(bert, "encoder", mlm(pooling="sum", logit_scale=0.5), "mask")
    yield "bert.mlm.double_log", case(bert, "encoder", mlm(saturation="double_log1p"))
    yield "bert.tilde", case(bert, "encoder", mlm(), positions="first")
    yield "bert.unicoil", case(bert, "encoder", mlp("tok_proj", "sum"))
    yield "bert.deepct", case(bert, "encoder", mlp("classifier", "max"), "mask")
    impact = [dict(linear="impact_score_encoder.0", activation="relu")]
    yield "bert.deepimpact", case(bert, "encoder", mlp("impact_score_encoder.3", "max", layers=impact), "mask")
    yield "bert.mlp.query", case(bert, "encoder", mlp("linear", "sum", "log1p"), "mask")
    yield "bert.mlp.document", case(bert, "encoder", mlp("linear", "max", "log1p"), "mask")
    yield "bert.epic.query", case(bert, "encoder", mlp("linear", "sum", "log1p", activation="softplus"), "mask")
    yield "bert.epic.document", case(bert, "encoder", epic("excluded"), "mask")
    yield "bert.epic.document.reference", case(bert, "encoder", epic("zero_logit"), "mask", alignment="reference")
    yield "bert.sparta", case(bert, "encoder", sparta())
    yield "bert.sparta.bias", case(bert, "encoder", sparta(bias="score_bias"))
    yield "binary.count", case(bert, "encoder", dict(kind="binary", scale=0.3, reduction="sum"), "mask")
    yield "binary.presence", case(bert, "encoder", dict(kind="binary", scale=1.0, reduction="max"), "mask")
    for model in ("roberta", "distilbert", "modernbert", "modernbert-hub"):
        yield model + ".mlm", case(model, "encoder", mlm())
    yield "roberta.mlm.mask", case("roberta", "encoder", mlm(), "mask")
    yield "bge_m3", case("bge-m3", "encoder", mlp("sparse_linear", "max"), "mask")


def decoder_cases():
    for model in ("llama", "mistral", "qwen2", "qwen3"):
        for reading in ("causal", "bidirectional"):
            yield f"{model}.{reading}", case(model, reading, mlm())
    for model in ("llama-sharded", "llama-bf16"):
        yield model + ".causal", case(model, "causal", mlm())
    for adapter in ("llama-lora", "llama-rslora"):
        yield adapter + ".causal", case("llama", "causal", mlm(), adapter=adapter)
    yield "llama-lora.bidirectional", case("llama", "bidirectional", mlm(), adapter="llama-lora")
    yield "llama.bidirectional.lion_scale", case("llama", "bidirectional", mlm(logit_scale=32**-0.25))
    yield "llama.bidirectional.sparse", case("llama", "bidirectional", mlm(logit_shift=-7.0))
    yield "llama.causal.mask", case("llama", "causal", mlm(), "mask")
    yield "llama.causal.last", case("llama", "causal", mlm(), positions="last")
    for model in ("llama", "mistral"):
        yield model + ".echo", case(model, "echo", mlm())
    yield "opt.tail", case("opt-tail", "causal", mlm(), "mask", vocabulary_limit=97)
    yield "opt.mlp", case("opt-tail", "causal", mlp("linear", "max"), "mask", vocabulary_limit=97)


def t5_cases():
    for model in ("flan", "t5v10"):
        yield model + ".encoder", case(model, "encoder", mlm())
        for reading in ("decoder", "encoder_decoder_multi"):
            for alignment in ("invariant", "reference"):
                yield f"{model}.{reading}.{alignment}", case(model, reading, mlm(), alignment=alignment)
        yield model + ".encoder_decoder_single", case(model, "encoder_decoder_single", mlm())
    yield "flan.encoder.mask", case("flan", "encoder", mlm(), "mask")
    yield "flan.encoder.mlp", case("flan", "encoder", mlp("linear", "sum", "log1p"))


def write_checkpoints(out):
    models, extras = golden_models.checkpoints(SEED)
    for name, model in models.items():
        golden_models.save(model, out / name, extras.get(name))
    golden_models.edit_config(out / "flan", {"tie_word_embeddings": False})
    hub = dict(rope_theta=10000.0, rope_scaling=golden_models.LLAMA3_ROPE)
    golden_models.save(models["llama"], out / "llama-sharded", max_shard_size="40KB")
    golden_models.edit_config(out / "llama-sharded", hub | {"torch_dtype": "float32"}, ("rope_parameters", "dtype"))
    golden_models.save(copy.deepcopy(models["llama"]).bfloat16(), out / "llama-bf16")
    golden_models.edit_config(out / "llama-bf16", hub | {"torch_dtype": "bfloat16"}, ("rope_parameters", "dtype"))
    golden_models.save(copy.deepcopy(models["modernbert"]).half(), out / "modernbert-hub")
    rotation = dict(global_rope_theta=160000.0, local_rope_theta=10000.0, torch_dtype="float16")
    spelling = rotation | dict(global_attn_every_n_layers=2)
    golden_models.edit_config(out / "modernbert-hub", spelling, ("layer_types", "rope_parameters", "dtype"))


CLASSES = {
    "encoder": transformers.AutoModelForMaskedLM,
    "bge-m3": transformers.AutoModel,
    "flan": transformers.T5ForConditionalGeneration,
    "t5v10": transformers.T5ForConditionalGeneration,
}


def load(out, entry, dtype=torch.float32):
    """The case's model as its files say, adapter merged, weights widened to dtype."""
    kind = CLASSES.get(entry["model"]) or CLASSES.get(entry["reading"], transformers.AutoModelForCausalLM)
    model = kind.from_pretrained(out / entry["model"], dtype=dtype, attn_implementation="eager")
    if "adapter" in entry:
        model = peft.PeftModel.from_pretrained(model, out / entry["adapter"]).merge_and_unload()
    return model.to(dtype).eval()


def tensors_of(out, entry):
    file = out / entry["model"] / "model.safetensors"
    return safetensors.torch.load_file(file) if file.exists() else {}


def sparse(row):
    """{"ids", "w"} of one dense fp32 vector; nine digits give a float back exactly."""
    ids = torch.nonzero(row).flatten().tolist()
    return {"ids": ids, "w": [float(f"{row[i].item():.9g}") for i in ids]}


def in_double_precision(model, tensors, entry):
    """The vectors in fp64, each text alone and without padding where the result may not depend on the batch."""
    if entry["alignment"] == "reference":
        return golden_heads.vectors(model, tensors, entry)
    rows = []
    for ids, mask in zip(entry["input_ids"], entry["attention_mask"]):
        alone = {"input_ids": [ids[: sum(mask)]], "attention_mask": [mask[: sum(mask)]]}
        rows.append(golden_heads.vectors(model, tensors, entry | alone))
    return torch.cat(rows)


def compute(out, name, entry):
    """The case with its vectors, checked against fp64 and for weights that rounding could make or unmake."""
    tensors = tensors_of(out, entry)
    rows = golden_heads.vectors(load(out, entry), tensors, entry)
    exact = in_double_precision(load(out, entry, torch.float64), tensors, entry)
    error = (rows - exact).abs().max().item()
    smallest = rows[rows > 0].min().item() if rows.any() else 0.0
    if error > PRECISION_TOLERANCE or smallest < NEAREST_TO_ZERO or not torch.equal(rows > 0, exact > 0):
        raise SystemExit(f"{name}: fp64 differs by {error}, smallest weight {smallest}; choose another seed")
    counts = [len(torch.nonzero(row)) for row in rows]
    print(f"{name:38} non-zeros {str(counts):16} largest {rows.max():7.3f}  fp64 differs by {error:.1e}")
    return {**entry, "vectors": [sparse(row) for row in rows]}


def main(target):
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    out = pathlib.Path(target)
    if (out / "golden.json").exists():
        for directory in [d for d in out.iterdir() if d.is_dir()]:
            shutil.rmtree(directory)
    write_checkpoints(out)
    golden_peft.write_adapters(out, SEED)
    cases = {}
    for name, entry in [*encoder_cases(), *decoder_cases(), *t5_cases()]:
        cases[name] = compute(out, name, entry)
    golden_sensitivity.check(out, cases, load, tensors_of)
    cases |= golden_peft.scorers(out, SEED)
    cases |= golden_peft.generations(out, SEED)
    versions = {m.__name__: m.__version__ for m in (torch, transformers, peft)}
    head = {"seed": SEED, "arithmetic": "fp32, eager attention, CPU", "versions": versions}
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c, separators=(',', ':'))}" for n, c in cases.items())
    text = json.dumps(head)[:-1] + ', "cases": {\n' + lines + "\n}}\n"
    (out / "golden.json").write_text(text)
    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    print(f"{len(cases)} cases, {size / 1e6:.2f} MB in {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
