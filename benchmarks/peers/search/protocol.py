"""What all peers share: the protocol of ./millrace bench search, and the form of the results.

One thread asks query after query, over and over; the first rounds do not count. Reported is each query's best round
(what the work costs where nothing disturbs it: mean, median, 99th percentile), the last round, and the mean of all
rounds. Recall is against exact scores, ties counted. One JSON object a line and configuration, in the words of
./millrace bench search -o json.
"""

import contextlib
import json
import os
import pathlib
import sys
import time

import numpy

import vectors

# Recalls at which the fastest settings are reported.
TARGETS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)


def add_arguments(parser):
    parser.add_argument("vectors", type=pathlib.Path, help="folder with docs.csr, queries.csr and gt.npz")
    parser.add_argument("--work", type=pathlib.Path, help="where indexes are kept; default: VECTORS/indexes")
    parser.add_argument("--queries", type=int, default=1000, help="most queries to ask, the first ones")
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=8, help="rounds over all queries that do not count")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count")
    parser.add_argument("--threads", type=int, default=2, help="that build, and that search at once for the throughput")
    parser.add_argument("--tune", action="store_true", help="try many settings, report the fastest at each recall")


class Task:
    """The vectors of a folder, as the options want them."""

    def __init__(self, options):
        self.options = options
        self.folder = options.vectors
        self.documents = vectors.read(self.folder / vectors.DOCUMENTS)
        queries = vectors.read(self.folder / vectors.QUERIES)
        self.queries = queries.first(min(options.queries, queries.rows))
        if not (self.folder / vectors.TRUTH).exists():
            raise FileNotFoundError(f"{self.folder} has no {vectors.TRUTH}; run vectors.py truth {self.folder}")
        self.truth = vectors.read_truth(self.folder, self.queries.rows)
        self.work = options.work or self.folder / "indexes"
        self.work.mkdir(parents=True, exist_ok=True)

    def query_rows(self):
        return [self.queries.row(row) for row in range(self.queries.rows)]

    def recall(self, answers):
        return round(self.truth.recall(answers, self.options.k), 6)

    def line(self, engine, figures):
        """A result as one line of JSON. Bytes get their share of a non-zero beside them."""
        non_zeros = self.documents.non_zeros
        result = {
            "vectors": self.folder.resolve().name,
            "documents": self.documents.rows,
            "nonZeros": non_zeros,
            "queries": self.queries.rows,
            "k": self.options.k,
            "warmUp": self.options.warm_up,
            "rounds": self.options.rounds,
            "engine": engine,
            **figures,
            "load": round(os.getloadavg()[0], 1),
        }
        for kind in ("disk", "memory"):
            if f"{kind}Bytes" in result:
                result[f"{kind}BytesPerNonZero"] = round(result[f"{kind}Bytes"] / non_zeros, 2)
        return json.dumps(result)


def percentiles(nanoseconds):
    """Microseconds, percentiles by nearest rank."""
    ordered = numpy.sort(numpy.asarray(nanoseconds)) / 1e3

    def at(share):
        return round(float(ordered[max(1, int(numpy.ceil(share * len(ordered)))) - 1]), 1)

    return {"mean": round(float(ordered.mean()), 1), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)}


def latencies(times):
    """Figures of rounds × queries nanoseconds."""
    return {
        "bestOfRoundsMicros": percentiles(times.min(0)),
        "lastRoundMicros": percentiles(times[-1]),
        "allRoundsMeanMicros": round(float(times.mean()) / 1e3, 1),
    }


def ask(search, queries, warm_up, rounds):
    """Asks all queries, round after round, on this thread: what they found, and rounds × queries nanoseconds."""
    times = numpy.empty((rounds, len(queries)), numpy.int64)
    answers = []
    for round_ in range(warm_up + rounds):
        answers = []
        row = times[max(0, round_ - warm_up)]
        for place, query in enumerate(queries):
            begun = time.perf_counter_ns()
            found = search(query)
            row[place] = time.perf_counter_ns() - begun
            answers.append(found)
    return answers, times


def resident_bytes():
    """What this process holds in memory now."""
    return kernel_bytes("/proc/self/status", "VmRSS")


def available_bytes():
    """What the machine can give without swapping."""
    return kernel_bytes("/proc/meminfo", "MemAvailable")


def kernel_bytes(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(f"{path} has no {name}")


def bytes_of(path):
    path = pathlib.Path(path)
    return (
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size
    )


@contextlib.contextmanager
def quiet(to=None):
    """Sends what libraries print to the error output, or to a file: the standard output is for results."""
    sys.stdout.flush()
    kept = [(stream, os.dup(stream)) for stream in ((1, 2) if to else (1,))]
    target = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if to else os.dup(2)
    try:
        for stream, _ in kept:
            os.dup2(target, stream)
        yield
    finally:
        os.close(target)
        for stream, copy in kept:
            os.dup2(copy, stream)
            os.close(copy)


def fastest(points, targets):
    """Of points with "recall" and "micros", the fastest that reach each target, and the most exact one."""
    chosen = []
    for target in (*targets, max((point["recall"] for point in points), default=0)):
        good = [point for point in points if point["recall"] >= target]
        if good:
            best = min(good, key=lambda point: point["micros"])
            if best not in chosen:
                chosen.append(best)
    return chosen
