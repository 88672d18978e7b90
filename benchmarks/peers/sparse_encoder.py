"""Encodes a corpus with sentence-transformers' SparseEncoder and prints speed, processor time, memory and start-up.

The peer of EncodeThroughput; both read the same texts, truncate at the same length and use the same threads.
  python benchmarks/peers/sparse_encoder.py DATA_DIR/corpus.jsonl.gz models/splade-tiny \
      --limit 2000 --max-tokens 128 --threads 2
"""

import argparse

import torch
from sentence_transformers import SparseEncoder

import measure


def rows(vectors):
    csr = vectors.to_sparse_csr()
    ends, ids, weights = csr.crow_indices().tolist(), csr.col_indices().tolist(), csr.values().tolist()
    return ((ids[start:end], weights[start:end]) for start, end in zip(ends, ends[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_arguments(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    def open_encoder():
        encoder = SparseEncoder(options.model, device="cpu")
        encoder.max_seq_length = options.max_tokens
        return lambda texts: encoder.encode(texts, batch_size=options.batch_size, show_progress_bar=False)

    vectors = measure.run(options, open_encoder)
    print(f"{vectors._nnz() / len(vectors):.1f} terms a text")
    if options.vectors:
        measure.write_vectors(options.vectors, rows(vectors))


if __name__ == "__main__":
    main()
