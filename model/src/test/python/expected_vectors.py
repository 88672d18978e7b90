"""Writes the vectors that sentence-transformers computes, for EmbeddedModelTest and DefaultModelTest.

Run from the repository root with torch, transformers and sentence-transformers installed:
  python model/src/test/python/expected_vectors.py models/splade-tiny \
      model/src/test/resources/io/millrace/model/splade-tiny-vectors.json 256
  python model/src/test/python/expected_vectors.py models/millrace-tiny \
      model/src/test/resources/io/millrace/model/millrace-tiny-vectors.json 384
"""

import json
import sys

import sentence_transformers
import torch
import transformers
from sentence_transformers import SparseEncoder

TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "",
    "a",
    "What are the symptoms of acute lymphoblastic leukaemia?",
    "  Tabs\tand\nnew lines,   and runs of spaces.  ",
    "Crème brûlée, naïve façade, Zürich, São Paulo, Kraków",
    "量子コンピュータ and 서울 and Москва and العربية",
    "Emoji \U0001f600\U0001f680 and a family \U0001f468‍\U0001f469‍\U0001f467, zero width​space",
    "x" * 150 + " is a word of more than a hundred letters",
    "[SEP] in the text [CLS] is read as a control token [MASK] [PAD] [UNK]",
    "3.14159, $1,299.00, 50%, e-mail@example.org, https://example.org/path?query=1&other=2",
    "A water mill turns the flow of a river into work. " * 40,
]


def main(model, out, length):
    torch.set_num_threads(1)
    encoder = SparseEncoder(model, device="cpu")
    encoder.max_seq_length = int(length)
    cases = []
    for text in TEXTS:
        vector = encoder.encode([text], convert_to_sparse_tensor=False)[0]
        ids = torch.nonzero(vector).flatten().tolist()
        cases.append({"text": text, "ids": ids, "weights": [float(vector[i]) for i in ids]})
    versions = {m.__name__: m.__version__ for m in (torch, transformers, sentence_transformers)}
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"versions": versions, "max_tokens": int(length), "cases": cases}, file)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
