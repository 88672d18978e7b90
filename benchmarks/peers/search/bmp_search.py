"""BMP (pip install bmp) on a folder of vectors, one JSON line a configuration.

Weights become 8 bits on one scale, as BMP wants them; query weights it cuts to 32 steps itself, which is why its recall
is below 1 even with nothing pruned. Documents are in the order that Lucene's graph bisection gives, where
lucene_search.py has written one (BMP's authors reorder their collections, too). Latencies are those of
Searcher.search(), which allocates 65,537 buckets for every query; "batchMicros" is the mean that the library prints for
a whole file of queries, where that is done once, and without looking terms up. Throughput is that of as many processes
as threads, each with the index in its own memory: search() holds Python's lock.
  python bmp_search.py VECTORS
  python bmp_search.py VECTORS --tune
"""

import argparse
import importlib.metadata
import json
import multiprocessing
import re
import subprocess
import sys
import time

import numpy

import protocol

MOST_IMPACT, STEPS, MOST_SCORE = 255, 32, 65_535
# alpha stops when no block can hold more than its share of the k-th score; beta keeps that share of the query's terms.
SEARCHES = [
    {"alpha": alpha, "beta": beta}
    for alpha, beta in (
        (1.0, 1.0), (0.95, 1.0), (0.9, 1.0), (0.85, 1.0), (0.8, 1.0), (0.7, 1.0), (0.6, 1.0),
        (1.0, 0.8), (1.0, 0.6), (0.9, 0.8), (0.8, 0.7), (0.7, 0.5),
    )
]  # fmt: skip


def builds(options):
    chosen = {"block": 16, "compressed": False, **options.settings}
    variants = [{}, {"block": 8}, {"block": 32}, {"block": 64}, {"compressed": True}] if options.tune else [{}]
    return [{**chosen, **variant} for variant in variants]


def scale(task):
    """Largest that keeps weights in 8 bits, and the best documents' scores in the 16 bits of BMP's sums."""
    largest = MOST_IMPACT / float(task.documents.weights.max())
    scores = []
    for query in range(task.queries.rows):
        terms, weights = task.queries.row(query)
        scores.append(task.truth.scores[query, 0] * STEPS / weights.max() if len(terms) else 0)
    # Rounding up in queries adds to a score: a tenth is kept free.
    return min(largest, 0.9 * MOST_SCORE / max(scores))


def order_of(task):
    path = task.work / "order.rows"
    return numpy.fromfile(path, "<i4") if path.exists() else None


def build(task, settings):
    """Builds an index unless it is there already; returns its file and what is to be known of it."""
    path = task.work / f"bmp-{settings['block']}{'-compressed' if settings['compressed'] else ''}"
    note = task.work / f"{path.name}.json"
    if not note.exists():
        order = order_of(task)
        factor = scale(task)
        begun = time.perf_counter()
        with protocol.quiet():
            write(task.documents, numpy.arange(task.documents.rows) if order is None else order, factor, path, settings)
        known = {"buildSeconds": round(time.perf_counter() - begun, 1), "reordered": order is not None, "scale": factor}
        note.write_text(json.dumps(known))
    return path, json.loads(note.read_text())


def write(documents, order, factor, path, settings):
    from bmp import InvertedIndexer

    impacts = numpy.clip(numpy.rint(documents.weights * factor), 1, MOST_IMPACT).astype(numpy.uint32)
    indexer = InvertedIndexer(str(path), settings["block"], settings["compressed"])
    for row in order.tolist():
        entries = slice(documents.offsets[row], documents.offsets[row + 1])
        indexer.add_document(str(row), list(zip(documents.terms[entries].tolist(), impacts[entries].tolist())))
    places = numpy.empty(documents.rows, numpy.uint32)
    places[order] = numpy.arange(documents.rows)
    places = numpy.repeat(places, numpy.diff(documents.offsets))
    # By term, and in it by place.
    sorted_ = numpy.lexsort((places, documents.terms))
    ends = numpy.cumsum(numpy.bincount(documents.terms, minlength=documents.columns))
    for term in range(documents.columns):
        entries = sorted_[ends[term - 1] if term else 0 : ends[term]]
        indexer.add_term(str(term), list(zip(places[entries].tolist(), impacts[entries].tolist())))
    indexer.finish()


class Index:
    """An index in memory."""

    def __init__(self, path):
        from bmp import Searcher

        before = protocol.resident_bytes()
        self.index = Searcher(str(path))
        self.memory = protocol.resident_bytes() - before

    def searcher(self, k, setting):
        search, alpha, beta = self.index.search, setting["alpha"], setting["beta"]
        return lambda query: search(query, k, alpha, beta)


def queries(task):
    rows = [task.queries.row(row) for row in range(task.queries.rows)]
    return [{str(term): weight for term, weight in zip(terms.tolist(), weights.tolist())} for terms, weights in rows]


def measure(task, path, setting):
    index = Index(path)
    searcher = index.searcher(task.options.k, setting)
    answers, times = protocol.ask(searcher, queries(task), task.options.warm_up, task.options.rounds)
    rows = [[int(name) for name in names] for names, _ in answers]
    return {"memoryBytes": index.memory, **protocol.latencies(times), "recall": task.recall(rows)}


def batch_micros(task, path, setting):
    """Mean of a whole file of queries within the library; of some tries the best."""
    file = task.work / f"queries-{task.queries.rows}.bmp"
    if not file.exists():
        with open(file, "w", encoding="ascii") as out:
            for place, query in enumerate(queries(task)):
                # A weight is how often a term comes.
                steps = STEPS / max(query.values(), default=1)
                words = (f"{term} " * int(numpy.ceil(weight * steps)) for term, weight in query.items())
                out.write(f"{place}: {''.join(words)}\n")
    call = f"import sys, bmp; bmp.search(*sys.argv[1:], {task.options.k}, {setting['alpha']}, {setting['beta']})"
    tries = []
    for _ in range(max(1, task.options.rounds // 2)):
        done = subprocess.run(
            [sys.executable, "-c", call, str(path), str(file)], stderr=subprocess.PIPE, text=True, check=True
        )
        tries.append(int(re.search(r"search_elapsed = (\d+)", done.stderr)[1]))
    return min(tries)


def answer(task, path, setting, ready, go, done):
    searcher, asked = Index(path).searcher(task.options.k, setting), queries(task)
    for _ in range(task.options.warm_up):
        for query in asked:
            searcher(query)
    ready.release()
    go.wait()
    for _ in range(task.options.rounds):
        for query in asked:
            searcher(query)
    done.release()


def queries_per_second(task, path, setting):
    """Of several processes that ask everything at once."""
    context = multiprocessing.get_context("fork")
    ready, go, done = context.Semaphore(0), context.Event(), context.Semaphore(0)
    arguments = (task, path, setting, ready, go, done)
    workers = [context.Process(target=answer, args=arguments) for _ in range(task.options.threads)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    begun = time.perf_counter()
    go.set()
    for _ in workers:
        done.acquire()
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.join()
    return len(workers) * task.options.rounds * task.queries.rows / seconds


def in_child(function, *arguments):
    """In a fresh process, so that its memory is the index's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def screen(task, path):
    """A quick look at every way to search, on some of the queries."""
    index, asked = Index(path), queries(task)[:300]
    points = []
    for setting in SEARCHES:
        answers, times = protocol.ask(index.searcher(task.options.k, setting), asked, warm_up=1, rounds=2)
        recall = task.truth.recall([[int(name) for name in names] for names, _ in answers], task.options.k)
        points.append({"recall": recall, "micros": float(times.min(0).mean()) / 1e3, "search": setting})
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    protocol.add_arguments(parser)
    parser.add_argument("--settings", type=json.loads, default={}, help="another block or compressed, as JSON")
    options = parser.parse_args()
    task = protocol.Task(options)
    points = []
    for settings in builds(options):
        path, note = build(task, settings)
        found = in_child(screen, task, path)
        points += [{**point, "build": settings, "path": path, "note": note} for point in found]
        print(f"{settings}: {note['buildSeconds']} s", file=sys.stderr, flush=True)
    # Below exact, what 32 steps leave is the best there is: targets are shares of it.
    best = max(point["recall"] for point in points)
    for point in protocol.fastest(points, [share * best for share in (0.9, 0.95, 0.98, 0.99)]):
        measured = in_child(measure, task, point["path"], point["search"])
        # As many indexes as threads: where they do not fit, there is no throughput.
        fits = options.threads * measured["memoryBytes"] < 0.8 * protocol.available_bytes()
        result = {
            "version": importlib.metadata.version("bmp"),
            "settings": {**point["build"], "reordered": point["note"]["reordered"], **point["search"]},
            "buildSeconds": point["note"]["buildSeconds"],
            "buildThreads": 1,
            "diskBytes": protocol.bytes_of(point["path"]),
            **measured,
            "batchMicros": batch_micros(task, point["path"], point["search"]),
            "threads": options.threads,
        }
        if fits:
            result["queriesPerSecond"] = round(queries_per_second(task, point["path"], point["search"]), 1)
        print(task.line("bmp", result), flush=True)


if __name__ == "__main__":
    main()
