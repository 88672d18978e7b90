"""Seismic (pip install pyseismic-lsr) on a folder of vectors, one JSON line a configuration.

The index for ready-made term ids (SeismicIndexRaw: 16-bit ids, half-precision weights), so that no strings are passed.
An index is built and saved by one process and measured by another, whose memory grows by the index only. Latencies are
those of search(), one query a call; "batchMicros" is the mean within its own batch_search on one thread, where calls
from Python cost nothing; throughput is that of batch_search on all threads.
  python seismic_search.py VECTORS
  python seismic_search.py VECTORS --tune
"""

import argparse
import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
import time

import numpy

import protocol

# Clusters of one are merged away, documents are compared by their 15 heaviest terms: what the library advises.
FIXED = {"min_cluster_size": 2, "doc_cut": 15}
SEARCHES = [
    {"query_cut": cut, "heap_factor": factor, "sorted": first_sorted}
    for cut, factor, first_sorted in itertools.product(
        (2, 3, 4, 5, 6, 8, 10, 14, 20), (0.7, 0.8, 0.9, 1.0), (True, False)
    )
]
SCREENED_QUERIES = 300
# Queries in a file for the library's batches: enough for reading the file not to count.
BATCH_QUERIES = 5_000


def builds(options):
    chosen = {"n_postings": 2000, "centroid_fraction": 0.1, "summary_energy": 0.4, "max_fraction": 3.0, "nknn": 0}
    chosen |= options.settings
    if not options.tune:
        return [chosen]
    variants = [
        {},
        {"n_postings": 1000},
        {"n_postings": 4000},
        {"max_fraction": 1.5},
        {"max_fraction": 6.0},
        {"centroid_fraction": 0.05},
        {"centroid_fraction": 0.2},
        {"summary_energy": 0.3},
        {"summary_energy": 0.5},
        {"nknn": 10},
    ]
    return [{**chosen, **variant} for variant in variants]


def write_inner_format(path, matrix):
    """The library's file of vectors: uint32 count; of each uint32 length, uint32 terms, float32 weights."""
    with open(path, "wb") as out:
        numpy.array([matrix.rows], "<u4").tofile(out)
        for row in range(matrix.rows):
            terms, weights = matrix.row(row)
            out.write(numpy.uint32(len(terms)).tobytes() + terms.astype("<u4").tobytes() + weights.tobytes())


def build(task, settings):
    """Builds and saves an index unless it is there already; returns its file and the seconds that it took."""
    import seismic

    name = "seismic-" + "-".join(f"{value:g}" for value in settings.values())
    path, note = task.work / name, task.work / f"{name}.json"
    if not note.exists():
        source = task.work / "documents.seismic.bin"
        if not source.exists():
            write_inner_format(source, task.documents)
        with protocol.quiet():
            begun = time.perf_counter()
            index = seismic.SeismicIndexRaw.build(str(source), **settings, **FIXED)
            seconds = time.perf_counter() - begun
            index.save(str(path))
        note.write_text(json.dumps({"buildSeconds": round(seconds, 1)}))
    return path, json.loads(note.read_text())


class Index:
    """A saved index in memory."""

    def __init__(self, path):
        import seismic

        before = protocol.resident_bytes()
        with protocol.quiet():
            self.index = seismic.SeismicIndexRaw.load(str(path))
        self.memory = protocol.resident_bytes() - before

    def searcher(self, k, knn, setting):
        cut, factor, first_sorted = setting["query_cut"], setting["heap_factor"], setting["sorted"]
        search = self.index.search
        return lambda query: search(query[0], query[1], k, cut, factor, knn, first_sorted)

    def batch_seconds(self, path, k, knn, setting):
        begun = time.perf_counter()
        self.index.batch_search(str(path), k, setting["query_cut"], setting["heap_factor"], knn, setting["sorted"])
        return time.perf_counter() - begun


def rows(answers):
    return [[document for _, document in answer] for answer in answers]


def screen(task, index, settings):
    """A quick look at every way to search, on some of the queries."""
    queries = task.query_rows()[:SCREENED_QUERIES]
    points = []
    for setting in SEARCHES:
        searcher = index.searcher(task.options.k, settings["nknn"], setting)
        answers, times = protocol.ask(searcher, queries, warm_up=1, rounds=2)
        recall = task.truth.recall(rows(answers), task.options.k)
        points.append(
            {"recall": recall, "micros": float(times.min(0).mean()) / 1e3, "build": settings, "search": setting}
        )
    return points


def measure(task, index, point):
    k, knn, setting = task.options.k, point["build"]["nknn"], point["search"]
    searcher = index.searcher(k, knn, setting)
    answers, times = protocol.ask(searcher, task.query_rows(), task.options.warm_up, task.options.rounds)
    return {
        "memoryBytes": index.memory,
        **protocol.latencies(times),
        "recall": task.recall(rows(answers)),
        "batchMicros": round(1e6 * batch(task, index, knn, setting), 1),
    }


def batch(task, index, knn, setting):
    """Seconds a query in the library's own batches: the best of all rounds."""
    path = task.work / f"queries-{task.queries.rows}.seismic.bin"
    copies = max(1, BATCH_QUERIES // task.queries.rows)
    if not path.exists():
        write_inner_format(path, repeated(task.queries, copies))
    seconds = [index.batch_seconds(path, task.options.k, knn, setting) for _ in range(task.options.rounds)]
    return min(seconds) / (copies * task.queries.rows)


def repeated(matrix, copies):
    lengths = numpy.tile(numpy.diff(matrix.offsets), copies)
    offsets = numpy.concatenate([[0], numpy.cumsum(lengths)])
    return matrix._replace(
        offsets=offsets, terms=numpy.tile(matrix.terms, copies), weights=numpy.tile(matrix.weights, copies)
    )


def child(options, order, threads):
    """Has a fresh process do something: the library takes its threads from the environment, once."""
    command = [sys.executable, __file__, *sys.argv[1:], "--order", json.dumps(order)]
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def obey(task, order):
    if order["do"] == "build":
        path, note = build(task, order["build"])
        return {"path": str(path), **note}
    index = Index(order["path"])
    if order["do"] == "screen":
        return screen(task, index, order["build"])
    if order["do"] == "measure":
        return [measure(task, index, point) for point in order["points"]]
    return [1 / batch(task, index, point["build"]["nknn"], point["search"]) for point in order["points"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    protocol.add_arguments(parser)
    parser.add_argument("--settings", type=json.loads, default={}, help="other arguments of build(), as JSON")
    parser.add_argument("--order", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    task = protocol.Task(options)
    if options.order:
        print(json.dumps(obey(task, options.order)))
        return
    points, built = [], {}
    for settings in builds(options):
        note = child(options, {"do": "build", "build": settings}, options.threads)
        built[json.dumps(settings)] = note
        points += child(options, {"do": "screen", "build": settings, "path": note["path"]}, 1)
        print(f"{settings}: {note['buildSeconds']} s", file=sys.stderr, flush=True)
    # All searches of one index in one process, so that it is loaded once.
    targets = protocol.TARGETS if options.tune else (0.9, 0.95, 0.98, 0.99)
    for settings, group in grouped(protocol.fastest(points, targets)):
        note = built[json.dumps(settings)]
        order = {"points": group, "path": note["path"]}
        singles = child(options, {"do": "measure", **order}, 1)
        rates = child(options, {"do": "throughput", **order}, options.threads)
        for point, figures, rate in zip(group, singles, rates):
            result = {
                "version": importlib.metadata.version("pyseismic-lsr"),
                "settings": {**settings, **point["search"]},
                "buildSeconds": note["buildSeconds"],
                "buildThreads": options.threads,
                "diskBytes": protocol.bytes_of(note["path"]),
                **figures,
                "threads": options.threads,
                "queriesPerSecond": round(rate, 1),
            }
            print(task.line("seismic", result), flush=True)


def grouped(points):
    points = sorted(points, key=lambda point: (json.dumps(point["build"]), point["recall"]))
    for _, group in itertools.groupby(points, key=lambda point: json.dumps(point["build"])):
        group = list(group)
        yield group[0]["build"], group


if __name__ == "__main__":
    main()
