"""Loads checkpoints that Millrace saved with transformers and sentence-transformers, for SavedCheckpointsInPythonTest.

    python load_saved.py CASES.json VECTORS.json      (pip: torch, transformers, sentence-transformers)

A case names a directory, a form, and for each role its texts and how they are tokenised. Models run in fp32, one text at a
time, so that padding plays no part.
"""

import json
import sys

import torch
from sentence_transformers import SparseEncoder
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer


def rows(dense):
    result = []
    for row in dense.to_dense() if dense.is_sparse else dense:
        ids = row.nonzero().flatten()
        result.append({"ids": ids.tolist(), "w": [float(w) for w in row[ids]]})
    return result


def sparse_encoder(case):
    model = SparseEncoder(case["directory"], device="cpu", model_kwargs={"torch_dtype": torch.float32})
    return {
        "query": rows(model.encode_query(case["query"]["texts"])),
        "document": rows(model.encode_document(case["document"]["texts"])),
    }


def tokens(tokenizer, role):
    for text in role["texts"]:
        encoded = tokenizer(
            role["prefix"] + text,
            truncation=True,
            max_length=role["max_tokens"],
            add_special_tokens=role["template"],
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        yield encoded["input_ids"], encoded["special_tokens_mask"]


def pooled(logits, counts, role):
    weights = torch.log1p(torch.relu(logits.float())) * counts.unsqueeze(-1)
    dense = weights.amax(1)[:, : role["outputs"]]
    if role["top_terms"]:
        kept = torch.zeros_like(dense)
        best = dense.topk(min(role["top_terms"], dense.shape[1]))
        dense = kept.scatter(1, best.indices, best.values)
    return rows(dense)[0]


def language_model(case, load):
    model = load(case["directory"])
    tokenizer = AutoTokenizer.from_pretrained(case["directory"])
    result = {}
    for name in ("query", "document"):
        role = case[name]
        result[name] = []
        for ids, special in tokens(tokenizer, role):
            counts = 1 - special if role["mask_special"] else torch.ones_like(special)
            if ids.shape[1] == 0 or counts.sum() == 0:
                result[name].append({"ids": [], "w": []})
                continue
            with torch.no_grad():
                if case["form"] == "seq2seq":
                    # One column more, so that the shift loses no token; position 0 is not pooled.
                    padded = torch.cat([ids, torch.zeros(1, 1, dtype=ids.dtype)], 1)
                    seen = torch.cat([torch.ones_like(ids), torch.zeros(1, 1, dtype=ids.dtype)], 1)
                    shifted = torch.cat([torch.zeros(1, 1, dtype=ids.dtype), ids], 1)
                    logits = model(input_ids=padded, attention_mask=seen, decoder_input_ids=shifted).logits
                    counts = torch.cat([torch.zeros(1, 1), counts.float()], 1)
                else:
                    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
            result[name].append(pooled(logits, counts.float(), role))
    return result


LOADERS = {
    "masked-lm": lambda case: lambda d: AutoModelForMaskedLM.from_pretrained(d, dtype=torch.float32).eval(),
    "causal-lm": lambda case: lambda d: AutoModelForCausalLM.from_pretrained(d, dtype=torch.float32).eval(),
    "seq2seq": lambda case: lambda d: AutoModelForSeq2SeqLM.from_pretrained(d, dtype=torch.float32).eval(),
}

with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)
vectors = []
for case in cases:
    form = case["form"]
    vectors.append(sparse_encoder(case) if form == "sparse-encoder" else language_model(case, LOADERS[form](case)))
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(vectors, file)
