"""Encodes a corpus with sentence-transformers' SparseEncoder and prints documents a second.

The peer of EncodeThroughput; both read the same texts, truncate at the same length and use the same threads.
  python benchmarks/peer_sentence_transformers.py DATA_DIR/corpus.jsonl.gz models/splade-tiny \
      --limit 2000 --max-tokens 128 --threads 2
"""

import argparse
import gzip
import json
import statistics
import time

import torch
from sentence_transformers import SparseEncoder


def texts_of(path, limit):
    opener = gzip.open if path.endswith(".gz") else open
    texts = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if len(texts) == limit:
                break
            document = json.loads(line)
            title = document.get("title", "")
            texts.append(f"{title} {document['text']}" if title else document["text"])
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="corpus.jsonl or corpus.jsonl.gz in BEIR layout")
    parser.add_argument("model", help="checkpoint directory")
    parser.add_argument("--limit", type=int, default=2000, help="texts to read")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32, help="sentence-transformers' own default")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--vectors", help="write the vectors as JSON lines {ids, weights} to this file")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    encoder = SparseEncoder(options.model, device="cpu")
    encoder.max_seq_length = options.max_tokens
    texts = texts_of(options.corpus, options.limit)
    encoder.encode(texts[: options.batch_size], batch_size=options.batch_size)
    rates = []
    for _ in range(options.repetitions):
        start = time.perf_counter()
        vectors = encoder.encode(texts, batch_size=options.batch_size, show_progress_bar=False)
        rates.append(len(texts) / (time.perf_counter() - start))
        print(f"{rates[-1]:.1f} docs/s", flush=True)
    print(f"median {statistics.median(rates):.1f} docs/s over {len(rates)} repetitions of {len(texts)} texts")
    if options.vectors:
        rows = vectors.to_sparse_csr()
        ends, ids, weights = rows.crow_indices().tolist(), rows.col_indices().tolist(), rows.values().tolist()
        with open(options.vectors, "w", encoding="utf-8") as out:
            for start, end in zip(ends, ends[1:]):
                out.write(json.dumps({"ids": ids[start:end], "weights": weights[start:end]}) + "\n")


if __name__ == "__main__":
    main()
