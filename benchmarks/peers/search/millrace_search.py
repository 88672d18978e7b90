"""Millrace on a folder of vectors by ./millrace bench search, in the form of the peers: one JSON line a configuration.

python millrace_search.py VECTORS
python millrace_search.py VECTORS --tune
"""

import argparse
import json
import os
import pathlib
import subprocess

import protocol

LAUNCHER = os.environ.get("MILLRACE", pathlib.Path(__file__).parents[3] / "millrace")
# What the exhaustive engine keeps of a posting: a row in four bytes and a weight in one.
EXHAUSTIVE_BYTES = 5


def bench(task, weights, recall, exhaustive):
    options = task.options
    command = [
        str(LAUNCHER),
        "bench",
        "search",
        str(task.folder),
        "--weights",
        weights,
        "--recall",
        str(recall),
        "-o",
        "json",
    ]
    command += ["--queries", str(task.queries.rows), "--k", str(options.k), "--threads", str(options.threads)]
    command += ["--warm-up", str(options.warm_up), "--rounds", str(options.rounds), "--work", str(task.work)]
    if exhaustive:
        command.append("--exhaustive")
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def found(engine):
    """What a peer's line says of its searches, too."""
    names = ("bestOfRoundsMicros", "lastRoundMicros", "allRoundsMeanMicros", "recall", "threads", "queriesPerSecond")
    return {name: engine[name] for name in names if name in engine}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    protocol.add_arguments(parser)
    options = parser.parse_args()
    task = protocol.Task(options)
    configurations = [("f32", 1, True)]
    if options.tune:
        configurations += [("u8", 1, False), ("f32", 0.98, False), ("f32", 0.95, False), ("f32", 0.9, False)]
    for weights, recall, exhaustive in configurations:
        report = bench(task, weights, recall, exhaustive)
        build = report["build"]
        result = {
            "settings": {"weights": weights, "aim": recall},
            "buildSeconds": round(build["documents"] / build["documentsPerSecond"] + build["settleSeconds"], 1),
            "acknowledgedSeconds": round(build["documents"] / build["documentsPerSecond"], 1),
            "segments": build["segments"],
            "diskBytes": build["diskBytes"],
            "memoryBytes": build["memoryBytes"],
            **found(report["search"]),
        }
        print(task.line("millrace", result), flush=True)
        if exhaustive:
            result = {
                "settings": {"weights": "u8"},
                "memoryBytes": EXHAUSTIVE_BYTES * task.documents.non_zeros,
                **found(report["exhaustive"]),
            }
            print(task.line("exhaustive", result), flush=True)


if __name__ == "__main__":
    main()
