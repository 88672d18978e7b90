"""The adapters, scorers and generators of golden_more.py."""

import pathlib

import numpy
import peft
import torch
import transformers

import golden_models

RANK, ALPHA = 4, 8
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NEW_TOKENS = 12
SMALLEST_MARGIN = 1e-3


def write_adapters(out, seed):
    """LoRA (scale alpha / rank), rsLoRA (alpha / √rank) and a RankLLaMA adapter, which brings its own score layer."""
    for name, task, options in (
        ("llama-lora", "CAUSAL_LM", {}),
        ("llama-rslora", "CAUSAL_LM", {"use_rslora": True}),
        ("rankllama-lora", "SEQ_CLS", {}),
    ):
        kind = transformers.AutoModelForCausalLM
        if task == "SEQ_CLS":
            kind = transformers.AutoModelForSequenceClassification
            options = options | {"inference_mode": False}
        labels = {"num_labels": 1} if task == "SEQ_CLS" else {}
        base = kind.from_pretrained(out / "llama", dtype=torch.float32, **labels)
        lora = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=PROJECTIONS, task_type=task, **options)
        model = peft.get_peft_model(base, lora)
        with torch.no_grad():
            for parameter_name, parameter in model.named_parameters():
                if "lora_" in parameter_name or "modules_to_save" in parameter_name:
                    noise = golden_models.draw(parameter_name, parameter.shape, f"{seed}:{name}")
                    parameter.copy_(0.5 * noise / parameter.shape[1] ** 0.5)
        model.peft_config["default"].base_model_name_or_path = "llama"
        model.peft_config["default"].inference_mode = True
        model.save_pretrained(out / name)
        (out / name / "README.md").unlink(missing_ok=True)


def scorers(out, seed):
    return {
        "cross_encoder": cross_encoder(out, numpy.random.default_rng(seed)),
        "rankllama": rankllama(out, numpy.random.default_rng(seed + 1)),
    }


def pad(rows, length, value):
    return [row + [value] * (length - len(row)) for row in rows]


def cross_encoder(out, generator):
    """[CLS] query [SEP] document [SEP] through pooler and classifier: one logit, as it comes."""
    ids, types = [], []
    for query, document in ((4, 14), (3, 6), (6, 3)):
        first = [2, *generator.integers(5, 97, query).tolist(), 3]
        second = [*generator.integers(5, 97, document).tolist(), 3]
        ids.append(first + second)
        types.append([0] * len(first) + [1] * len(second))
    longest = max(map(len, ids))
    entry = {
        "model": "cross-encoder",
        "reading": "encoder",
        "scorer": {"kind": "bert", "activation": "identity"},
        "input_ids": pad(ids, longest, 0),
        "token_type_ids": pad(types, longest, 0),
        "attention_mask": pad([[1] * len(row) for row in ids], longest, 0),
    }
    kind = transformers.AutoModelForSequenceClassification
    model = kind.from_pretrained(out / entry["model"], dtype=torch.float32, attn_implementation="eager").eval()
    fields = ("input_ids", "token_type_ids", "attention_mask")
    return {**entry, "scores": scores(model, {field: entry[field] for field in fields})}


def rankllama(out, generator):
    """Query and document as one text; the score layer reads the last real token's state."""
    ids = [[1, *generator.integers(5, 97, length - 2).tolist(), 2] for length in (18, 9, 5)]
    longest = max(map(len, ids))
    entry = {
        "model": "llama",
        "adapter": "rankllama-lora",
        "reading": "causal",
        "positions": "last",
        "scorer": {"kind": "linear", "linear": "score", "activation": "identity"},
        "input_ids": pad(ids, longest, 0),
        "attention_mask": pad([[1] * len(row) for row in ids], longest, 0),
    }
    kind = transformers.AutoModelForSequenceClassification
    base = kind.from_pretrained(
        out / entry["model"], dtype=torch.float32, attn_implementation="eager", num_labels=1
    )
    model = peft.PeftModel.from_pretrained(base, out / entry["adapter"]).merge_and_unload().eval()
    return {**entry, "scores": scores(model, {f: entry[f] for f in ("input_ids", "attention_mask")})}


def scores(model, fields):
    """The logits of the batch, checked to be those of each text alone without padding."""
    with torch.no_grad():
        batch = model(**{name: torch.tensor(rows) for name, rows in fields.items()}).logits.flatten()
        for row, mask in enumerate(fields["attention_mask"]):
            alone = {name: torch.tensor([rows[row][: sum(mask)]]) for name, rows in fields.items()}
            difference = (model(**alone).logits.flatten() - batch[row]).abs().item()
            if difference > 1e-6:
                raise SystemExit(f"{model.config.model_type}: row {row} alone differs by {difference}")
    print(f"{model.config.model_type:10} scores {[round(score, 4) for score in batch.tolist()]}")
    return [float(f"{score:.9g}") for score in batch.tolist()]


def generations(out, seed):
    """Greedy decoding of two texts together and alone; at least one text of each model ends with </s> early."""
    cases = {}
    for model_name in ("flan", "t5v10"):
        directory = pathlib.Path(out) / model_name
        kind = transformers.T5ForConditionalGeneration
        model = kind.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
        texts, tokens, margin = two_texts(model, numpy.random.default_rng(seed))
        longest = max(map(len, texts))
        shared = {"model": model_name, "reading": "generate", "decoding": "greedy", "max_new_tokens": NEW_TOKENS}
        batches = {"batch": texts, "alone.long": texts[:1], "alone.short": texts[1:]}
        for name, rows in batches.items():
            width = longest if name == "batch" else len(rows[0])
            ids, mask = pad(rows, width, 0), pad([[1] * len(row) for row in rows], width, 0)
            made, _ = greedy(model, ids, mask)
            expected = [tokens[texts.index(row)] for row in rows]
            if made != expected:
                raise SystemExit(f"{model_name}.{name}: {made}, alone {expected}")
            entry = {**shared, "input_ids": ids, "attention_mask": mask, "generated": made}
            cases[f"{model_name}.generate.{name}"] = {**entry, "smallest_margin": float(f"{margin:.3g}")}
        print(f"{model_name:10} generates {tokens}, smallest margin {margin:.4f}")
    return cases


def greedy(model, ids, mask):
    """The new tokens of each row up to and with </s>, and the smallest lead of a chosen token over the next."""
    made = model.generate(
        input_ids=torch.tensor(ids),
        attention_mask=torch.tensor(mask),
        max_new_tokens=NEW_TOKENS,
        do_sample=False,
        num_beams=1,
        output_logits=True,
        return_dict_in_generate=True,
    )
    rows, margin = [], float("inf")
    for row, tokens in enumerate(made.sequences[:, 1:].tolist()):
        tokens = tokens[: tokens.index(1) + 1] if 1 in tokens else tokens
        for step in range(len(tokens)):
            best = made.logits[step][row].topk(2).values
            margin = min(margin, (best[0] - best[1]).item())
        rows.append(tokens)
    return rows, margin


def two_texts(model, generator):
    """The first random pair whose output is varied and clear, one text running to the end and one stopping before."""
    full, stopped = None, None
    for _ in range(5000):
        length = 13 if full is None else 6
        text = [*generator.integers(5, 97, length - 1).tolist(), 1]
        (tokens,), margin = greedy(model, [text], [[1] * length])
        varied = len(set(tokens)) >= min(4, len(tokens) - 1) and margin > SMALLEST_MARGIN
        if full is None and varied and len(tokens) == NEW_TOKENS and 1 not in tokens:
            full = (text, tokens, margin)
        elif full is not None and varied and 3 <= len(tokens) < NEW_TOKENS and tokens[-1] == 1:
            stopped = (text, tokens, margin)
            return [full[0], stopped[0]], [full[1], stopped[1]], min(full[2], stopped[2])
    raise SystemExit(f"{model.config.model_type}: no pair of texts found; choose another seed")
