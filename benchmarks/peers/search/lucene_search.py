"""Lucene on a folder of vectors, one JSON line a configuration: builds with, and asks, the program in lucene/.

One segment, mapped, no query cache, queries made before the clock runs, no more hits counted than wanted. Documents as
they come or reordered (BPIndexReorderer: recursive graph bisection); weights as FeatureField has them, or as term
frequencies of 8 bits.
  mvn -q -f lucene compile
  python lucene_search.py VECTORS
  python lucene_search.py VECTORS --tune
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import numpy

import protocol

PROGRAM = pathlib.Path(__file__).parent / "lucene" / "target"
ALL = 1 << 30
ENCODINGS = ("impact", "feature")
FLAGS = ["--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Xmx6g"]


def java(*arguments):
    if not (PROGRAM / "lib").is_dir():
        raise FileNotFoundError(f"{PROGRAM} holds no program; run mvn -q -f {PROGRAM.parent} compile")
    home = os.environ.get("JAVA_HOME")
    command = [f"{home}/bin/java" if home else "java", *FLAGS, "-cp", f"{PROGRAM / 'classes'}:{PROGRAM / 'lib'}/*"]
    command += ["io.millrace.benchmarks.lucene.LuceneSearch", *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def build(task, encoding, order):
    """Builds an index unless it is there already; returns its folder and the seconds that it took."""
    folder = task.work / f"lucene-{encoding}-{order}"
    note = task.work / f"{folder.name}.json"
    if not note.exists():
        note.write_bytes(java("build", task.folder, folder, encoding, order, task.options.threads))
    return folder, json.loads(note.read_text())


def order_of(task):
    """Rows of the documents in the order that makes like ones neighbours; other peers can use it, too."""
    folder, _ = build(task, "impact", "reordered")
    path = task.work / "order.rows"
    if not path.exists():
        java("order", folder, path)
    return numpy.fromfile(path, "<i4")


def measure(task, folder, encoding, heaviest):
    options, out = task.options, task.work / "lucene"
    numbers = (options.k, task.queries.rows, options.warm_up, options.rounds, options.threads, heaviest)
    figures = json.loads(java("search", task.folder, folder, encoding, out, *numbers))
    times = numpy.fromfile(f"{out}.times", "<i8").reshape(options.rounds, task.queries.rows)
    rows = numpy.fromfile(f"{out}.rows", "<i4").reshape(task.queries.rows, options.k)
    answers = [[row for row in answer if row >= 0] for answer in rows.tolist()]
    memory = {"memoryBytes": figures.pop("memoryBytes")}
    return {**memory, **protocol.latencies(times), "recall": task.recall(answers), **figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    protocol.add_arguments(parser)
    parser.add_argument(
        "--order-only", action="store_true", help="only write the order of the documents for other peers"
    )
    parser.add_argument("--settings", type=json.loads, default={}, help="other weights or order, as JSON")
    options = parser.parse_args()
    task = protocol.Task(options)
    if options.order_only:
        order_of(task)
        return
    builds = [{"weights": "impact", "order": "reordered", **options.settings}]
    if options.tune:
        builds = [{"weights": weights, "order": order} for weights in ENCODINGS for order in ("reordered", "plain")]
    version = next((PROGRAM / "lib").glob("lucene-core-*.jar")).stem.removeprefix("lucene-core-")
    for settings in builds:
        folder, note = build(task, settings["weights"], settings["order"])
        # Leaving light terms out costs the same recall whatever the index is like.
        cuts = (ALL, 20, 14, 10, 7) if options.tune and settings == builds[0] else (ALL,)
        for heaviest in cuts:
            result = {
                "version": version,
                "settings": {**settings, "terms": "all" if heaviest == ALL else heaviest},
                **note,
                "buildThreads": options.threads,
                "diskBytes": protocol.bytes_of(folder),
                **measure(task, folder, settings["weights"], heaviest),
            }
            print(task.line("lucene", result), flush=True)
        print(f"{folder.name}: {note['buildSeconds']} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
