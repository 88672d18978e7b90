"""Makes src/test/resources/dense: tiny random bi-encoders that sentence-transformers saved, with the vectors that it
computes for some texts as queries and as documents, and the similarities of all of them (expected.json).

    python dense_fixtures.py OUTPUT_DIRECTORY      (pip: torch, transformers, sentence-transformers)
"""

import json
import pathlib
import shutil
import sys

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel

import tiny_word_pieces
from tiny_word_pieces import TEXTS

TARGET = pathlib.Path(sys.argv[1])
SCRATCH = TARGET / "scratch"
WORDS = """query passage : the a of to in mill race water wheel stone grain river bread baker flour oven dough crust yeast
    salt loaf slice butter jam tea cup table chair door window roof wall floor brick wood nail hammer""".split()
PIECES = ["##s", "##er", "##ing", "##ed", "!", "?", ",", "."]


def tokenizer(length):
    return tiny_word_pieces.tokenizer(WORDS + PIECES, length)


def bert(seed, length):
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer(length)),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=40,
        type_vocab_size=2,
        initializer_range=0.4,
    )
    folder = SCRATCH / f"bert-{seed}"
    BertModel(config).eval().save_pretrained(folder)
    tokenizer(length).save_pretrained(folder)
    return Transformer(str(folder))


MODELS = {
    "mean-normalized": lambda: SentenceTransformer(
        modules=[bert(1, 24), Pooling(16, pooling_mode="mean"), Normalize()],
        prompts={"query": "query: ", "passage": "passage: "},
    ),
    "cls-dot": lambda: SentenceTransformer(
        modules=[bert(2, 32), Pooling(16, pooling_mode="cls")], similarity_fn_name="dot"
    ),
    "mean-cosine": lambda: SentenceTransformer(modules=[bert(3, 40), Pooling(16, pooling_mode="mean")]),
}

for name, make in MODELS.items():
    folder = TARGET / name
    if folder.exists():
        shutil.rmtree(folder)
    make().save_pretrained(str(folder), create_model_card=False)
    again = SentenceTransformer(str(folder), device="cpu")
    queries, documents = again.encode_query(TEXTS), again.encode_document(TEXTS)
    expected = {
        "texts": TEXTS,
        "query": queries.tolist(),
        "document": documents.tolist(),
        "similarity": again.similarity(queries, documents).tolist(),
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(name, again.similarity_fn_name, sorted(path.name for path in folder.iterdir()))
shutil.rmtree(SCRATCH)
