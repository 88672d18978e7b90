"""Encodes a corpus with ONNX Runtime on the CPU and prints speed, processor time, memory and start-up.

Takes a graph that onnx_export.py wrote; tokenising (with the tokenizers library) is included and batches are sorted by
length.
  python benchmarks/peers/onnx_export.py models/splade-tiny OUT_DIR
  python benchmarks/peers/onnx_runtime.py DATA_DIR/corpus.jsonl.gz models/splade-tiny \
      --graph OUT_DIR/int8.onnx --limit 2000 --max-tokens 128 --threads 2 --batch-size 8
"""

import argparse
import concurrent.futures
import os
import pathlib

import numpy
import onnxruntime

import measure


def session_of(options):
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    settings.intra_op_num_threads = options.threads // options.concurrency
    settings.inter_op_num_threads = 1
    settings.enable_cpu_mem_arena = not options.no_arena
    return onnxruntime.InferenceSession(options.graph, settings, providers=["CPUExecutionProvider"])


class Encoder:
    """Tokenises, batches by length and runs; a text's vector is (ids, weights)."""

    def __init__(self, options, tokenizer_kind):
        self.session = session_of(options)
        self.tokenizer = tokenizer_kind.from_file(str(pathlib.Path(options.model) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(options.max_tokens)
        self.batch_size = options.batch_size
        self.pool = concurrent.futures.ThreadPoolExecutor(options.concurrency)

    def encode(self, texts):
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda text: -len(tokens[text]))
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        vectors = [None] * len(texts)
        for batch, rows in zip(batches, self.pool.map(lambda b: self.run([tokens[text] for text in b]), batches)):
            for text, row in zip(batch, rows):
                vectors[text] = row
        return vectors

    def run(self, tokens):
        shape = len(tokens), max(map(len, tokens))
        ids, mask = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        (weights,) = self.session.run(None, {"input_ids": ids, "attention_mask": mask})
        return [(found, row[found]) for row in weights for found in numpy.nonzero(row)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_arguments(parser)
    parser.add_argument("--graph", required=True, help="a graph written by onnx_export.py")
    parser.add_argument("--concurrency", type=int, default=1, help="batches run at once, sharing the threads")
    parser.add_argument("--no-arena", action="store_true", help="give memory back after every batch")
    options = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    from tokenizers import Tokenizer  # reads its thread count when it is first used

    vectors = measure.run(options, lambda: Encoder(options, Tokenizer).encode)
    print(f"{sum(len(ids) for ids, _ in vectors) / len(vectors):.1f} terms a text")
    if options.vectors:
        measure.write_vectors(options.vectors, ((ids.tolist(), weights.tolist()) for ids, weights in vectors))


if __name__ == "__main__":
    main()
