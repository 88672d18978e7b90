"""Makes src/test/resources/sentence-transformers: tiny random sparse encoders that sentence-transformers saved, with the
vectors that it computes for some texts as queries and as documents (expected.json).

    python sentence_transformers_fixtures.py OUTPUT_DIRECTORY      (pip: torch, transformers, sentence-transformers)
"""

import json
import pathlib
import shutil
import sys

import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import Router, SparseStaticEmbedding, SpladePooling, Transformer
from transformers import BertConfig, BertForMaskedLM

import tiny_word_pieces
from tiny_word_pieces import TEXTS

TARGET = pathlib.Path(sys.argv[1])
SCRATCH = TARGET / "scratch"
WORDS = """query passage : the a of to in mill race water wheel stone grain river bread baker flour oven dough crust yeast
    salt loaf slice butter jam tea cup table chair door window roof wall floor brick wood nail hammer saw plane file vice
    bench lamp light oil wick glass mirror frame paint brush canvas easel chalk slate book page ink pen paper desk""".split()
PIECES = ["##s", "##er", "##ing", "##ed", "##ly", "!", "?", ",", "."]


def tokenizer(length):
    return tiny_word_pieces.tokenizer(WORDS + PIECES, length)


def bert(seed, length):
    """A tiny BERT in a scratch directory; weights large enough that logits spread on both sides of zero."""
    torch.manual_seed(seed)
    terms = len(tokenizer(length))
    config = BertConfig(
        vocab_size=terms,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=40,
        type_vocab_size=2,
        initializer_range=0.4,
    )
    model = BertForMaskedLM(config).eval()
    with torch.no_grad():
        model.cls.predictions.bias.normal_(-0.5, 0.8)
    folder = SCRATCH / f"bert-{seed}"
    model.save_pretrained(folder)
    tokenizer(length).save_pretrained(folder)
    return Transformer(str(folder), transformer_task="fill-mask")


def table():
    torch.manual_seed(11)
    terms = tokenizer(12)
    weights = torch.rand(len(terms)) * 5 - 1  # some below 0, which are of no use as weights
    return SparseStaticEmbedding(terms, weight=weights.clamp(min=0), frozen=True)


MODELS = {
    "splade": lambda: SparseEncoder(
        modules=[bert(1, 24), SpladePooling("max")],
        prompts={"query": "query: ", "passage": "passage: "},
        max_active_dims=20,
    ),
    "sum-double-log": lambda: SparseEncoder(modules=[bert(2, 32), SpladePooling("sum", activation_function="log1p_relu")]),
    "inference-free": lambda: SparseEncoder(
        modules=[Router.for_query_document([table()], [bert(3, 24), SpladePooling("max", activation_function="log1p_relu")])],
        prompts={"query": "query: "},
    ),
    "two-encoders": lambda: SparseEncoder(
        modules=[
            Router.for_query_document([bert(4, 16), SpladePooling("max")], [bert(5, 24), SpladePooling("max")])
        ]
    ),
}


def vectors(dense):
    rows = []
    for row in dense.to_dense() if dense.is_sparse else dense:
        ids = row.nonzero().flatten()
        rows.append({"ids": ids.tolist(), "w": [float(w) for w in row[ids]]})
    return rows


for name, make in MODELS.items():
    folder = TARGET / name
    if folder.exists():
        shutil.rmtree(folder)
    model = make()
    model.save_pretrained(str(folder), create_model_card=False)
    again = SparseEncoder(str(folder))
    expected = {
        "texts": TEXTS,
        "query": vectors(again.encode_query(TEXTS)),
        "document": vectors(again.encode_document(TEXTS)),
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(name, [len(v["ids"]) for v in expected["query"]], [len(v["ids"]) for v in expected["document"]])
shutil.rmtree(SCRATCH)
