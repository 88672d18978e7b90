"""Writes the gradients of the golden cases that are learned: golden-more/gradients.json.

Run with torch and transformers installed (the file says which versions made the committed one), after golden_more.py:
  python model/src/test/python/golden_gradients.py model/src/test/resources/golden-more

The loss of a case is the sum over texts b and terms v of sin(1 + 3 b + v) times the weight. Of the gradient of each tensor
the file holds its Euclidean norm and its product with cos(1 + 0.7 i) over the flat index i. All in fp64, by
autograd, each text alone and without padding. Some cases are learned for a few steps of AdamW with weight decay, but for
biases and norms, and with gradients clipped by their norm; the file holds the loss before each step and after the last.
Of decoders there are the cross-entropy of the next token and that of log1p(relu(logits)), means over all tokens, and the
gradients of the first plus half of the second.

Weights of tokens that need no model are learned too: BINARY's scale and a table, whose weights below 0 count as none. Their
cases hold the gradient and the losses of a few such steps.
"""

import json
import os
import pathlib
import sys
import types

import torch

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing here is to be fetched

import transformers

import golden_heads
import golden_models
import golden_more

LEARNED = ("mlm", "mlp", "epic", "sparta")


def is_learned(entry):
    plain = entry.get("alignment") == "invariant" and "adapter" not in entry
    return plain and entry.get("head", {}).get("kind") in LEARNED and entry["model"] not in ("llama-sharded", "llama-bf16")


STEPPED = ("bert.mlm.keep", "bert.mlp.document", "llama.causal", "flan.encoder_decoder_multi.invariant")
STEPS = dict(count=5, rate=3e-3, decay=0.1, clip=1.0)


def loaded(out, entry):
    tensors = {name: t.double().requires_grad_() for name, t in golden_more.tensors_of(out, entry).items()}
    return golden_more.load(out, entry, torch.float64), tensors


def loss_of(model, tensors, entry):
    loss = torch.zeros((), dtype=torch.float64)
    for row, (ids, mask) in enumerate(zip(entry["input_ids"], entry["attention_mask"])):
        alone = {"input_ids": [ids[: sum(mask)]], "attention_mask": [mask[: sum(mask)]]}
        weights = golden_heads.recorded(model, tensors, entry | alone)
        terms = torch.arange(weights.shape[1]).double()
        loss = loss + (torch.sin(1 + 3 * row + terms) * weights).sum()
    return loss


def losses(model, tensors, entry):
    """Losses of a few steps."""
    head = entry["head"]
    learned = dict(model.named_parameters())
    if head["kind"] == "mlp":
        prefixes = [layer["linear"] for layer in head.get("layers", [])] + [head["linear"]]
        learned |= {n: t for n, t in tensors.items() if n.rsplit(".", 1)[0] in prefixes}
    return steps(learned, lambda: loss_of(model, tensors, entry))


def steps(learned, loss_now):
    """Losses before each of a few steps, as transformers' trainer would take them, and after the last."""
    spared = [n.endswith("bias") or "norm" in n.lower() for n in learned]
    groups = [
        {"params": [p for p, skip in zip(learned.values(), spared) if not skip], "weight_decay": STEPS["decay"]},
        {"params": [p for p, skip in zip(learned.values(), spared) if skip], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=STEPS["rate"])
    seen = []
    for _ in range(STEPS["count"]):
        optimizer.zero_grad()
        loss = loss_now()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in learned.values() if p.grad is not None], STEPS["clip"])
        optimizer.step()
        seen.append(loss.item())
    return [*seen, loss_now().item()]


def gradients(model, tensors, entry):
    """The loss, and by the tensor's name its gradient."""
    loss = loss_of(model, tensors, entry)
    loss.backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    for name, tensor in tensors.items():
        if tensor.grad is not None:
            # SPARTA's head multiplies with the embeddings, which the model looks up too.
            found[name] = found[name] + tensor.grad if name in found else tensor.grad
    return loss.item(), found


RECTIFIED = 0.5
LANGUAGE = ("llama.causal", "mistral.causal", "qwen3.causal", "opt.tail")


def language(out, entry):
    """Both cross-entropies, and by the tensor's name the gradient of their weighted sum."""
    model, _ = loaded(out, entry)
    golden_heads.set_causal(model, True)
    sums = torch.zeros(2, dtype=torch.float64)
    count = 0
    for ids, mask in zip(entry["input_ids"], entry["attention_mask"]):
        tokens = torch.tensor([ids[: sum(mask)]])
        logits, following = model(input_ids=tokens).logits[0, :-1], tokens[0, 1:]
        plain = torch.nn.functional.cross_entropy(logits, following, reduction="sum")
        rectified = torch.nn.functional.cross_entropy(torch.log1p(torch.relu(logits)), following, reduction="sum")
        sums = sums + torch.stack([plain, rectified])
        count += len(following)
    (sums[0] + RECTIFIED * sums[1]).div(count).backward()
    found = {name: summary(p.grad) for name, p in sorted(model.named_parameters()) if p.grad is not None}
    return {"plain": sums[0].item() / count, "rectified": sums[1].item() / count, "gradients": found}


class Bag:
    """What golden_heads asks of a model where tokens alone are looked at."""

    config = types.SimpleNamespace(vocab_size=golden_models.VOCABULARY)


def token_cases(golden):
    """Cases without a model, and by its name the tensor that is learned."""
    for name in ("binary.count", "binary.presence"):
        entry = golden["cases"][name]
        yield name, entry, "scale", torch.tensor(entry["head"]["scale"])
    entry = golden["cases"]["binary.presence"]
    table = torch.round(2 * torch.sin(0.5 + 0.9 * torch.arange(golden_models.VOCABULARY)) * 1024) / 1024
    yield "table", entry | {"head": {"kind": "table"}}, "table", table


def tokens(golden):
    cases = {}
    for name, entry, learned, value in token_cases(golden):
        tensors = {learned: value.double().requires_grad_()}
        loss = loss_of(Bag, tensors, entry)
        loss.backward()
        found = {"loss": loss.item(), "gradient": summary(tensors[learned].grad), "special_ids": entry["special_ids"]}
        again = {learned: value.double().requires_grad_()}
        found["losses"] = steps(again, lambda tensors=again, entry=entry: loss_of(Bag, tensors, entry))
        kept = {key: entry[key] for key in ("input_ids", "attention_mask")}
        cases[name] = found | kept | {"values": value.reshape(-1).tolist(), "counted": entry["head"].get("reduction") == "sum"}
    return cases


def summary(gradient):
    flat = gradient.flatten()
    along = torch.cos(1 + 0.7 * torch.arange(len(flat)).double())
    return {"norm": flat.norm().item(), "along": (flat * along).sum().item()}


def main(target):
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    out = pathlib.Path(target)
    golden = json.loads((out / "golden.json").read_text())
    cases = {}
    for name, entry in golden["cases"].items():
        if is_learned(entry):
            loss, found = gradients(*loaded(out, entry), entry)
            cases[name] = {"loss": loss, "gradients": {tensor: summary(g) for tensor, g in sorted(found.items())}}
            if name in STEPPED:
                cases[name]["losses"] = losses(*loaded(out, entry), entry)
            if name in LANGUAGE:
                cases[name]["language"] = language(out, entry)
            print(f"{name:36} loss {loss:9.4f}, {len(found)} tensors")
    versions = {m.__name__: m.__version__ for m in (torch, transformers)}
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c, separators=(',', ':'))}" for n, c in cases.items())
    head = json.dumps({"arithmetic": "fp64, eager attention, CPU", "steps": STEPS, "versions": versions})
    bags = json.dumps(tokens(golden), separators=(",", ":"))
    (out / "gradients.json").write_text(head[:-1] + ', "tokens": ' + bags + ', "cases": {\n' + lines + "\n}}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
