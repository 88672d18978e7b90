"""What the peers share: the texts, and time, processor time and memory measured alike for each."""

import gzip
import json
import os
import pathlib
import statistics
import time

FIRST_TEXT = "A water mill turns the flow of a river into work."


def add_arguments(parser):
    parser.add_argument("corpus", help="corpus.jsonl or corpus.jsonl.gz in BEIR layout")
    parser.add_argument("model", help="checkpoint directory")
    parser.add_argument("--limit", type=int, default=2000, help="texts to read")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=256, help="texts encoded before the first repetition")
    parser.add_argument("--vectors", help="write the vectors as JSON lines {ids, weights} to this file")


def texts_of(path, limit):
    """The first texts of a collection, title before text."""
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


def seconds_since_start():
    """Since the operating system started this process, to a hundredth."""
    ticks = int(pathlib.Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(field):
    """VmRSS (now) or VmHWM (the most so far) of this process."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def run(options, open_encoder):
    """Opens the encoder, encodes the texts and prints the figures.

    open_encoder() gives encode(texts) -> vectors; vectors must support len(). Imports are to be done before the call:
    what the process holds then is the runtime without a model, and is subtracted from the memory reported.
    """
    runtime = memory_mib("VmRSS")
    encode = open_encoder()
    encode([FIRST_TEXT])
    print(f"first vector {seconds_since_start():.2f} s after the start of the process", flush=True)
    before = memory_mib("VmRSS")
    texts = texts_of(options.corpus, options.limit)
    held_by_texts = memory_mib("VmRSS") - before
    encode(texts[: options.warm_up])
    rates, costs, vectors = [], [], None
    for _ in range(options.repetitions):
        vectors = None
        start, processor = time.perf_counter(), time.process_time()
        vectors = encode(texts)
        seconds = time.perf_counter() - start
        costs.append((time.process_time() - processor) / len(texts))
        rates.append(len(texts) / seconds)
        print(f"{rates[-1]:.1f} docs/s, {1e3 * costs[-1]:.2f} CPU-ms a doc", flush=True)
    peak = memory_mib("VmHWM") - runtime - held_by_texts
    print(
        f"median {statistics.median(rates):.1f} docs/s, {1e3 * statistics.median(costs):.2f} CPU-ms a doc over"
        f" {len(rates)} repetitions of {len(texts)} texts; peak {peak:.0f} MiB over the runtime's {runtime:.0f} MiB;"
        f" load {os.getloadavg()[0]:.1f}"
    )
    return vectors


def write_vectors(path, rows):
    """Rows of (ids, weights) as JSON lines."""
    with open(path, "w", encoding="utf-8") as out:
        for ids, weights in rows:
            out.write(json.dumps({"ids": ids, "weights": weights}) + "\n")
