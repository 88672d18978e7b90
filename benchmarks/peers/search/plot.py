"""Draws what compare.sh measured, and prints it as a table in Markdown.

Of a configuration that was measured more than once, the fastest run counts, whoever's it is. A latency is the mean of
each query's best round, or the mean within the library's own batches where that is less.
  python plot.py RESULTS... --out FOLDER --markdown TABLE.md
"""

import argparse
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker

NAMES = {"millrace": "Millrace", "seismic": "Seismic", "bmp": "BMP", "lucene": "Lucene", "exhaustive": "exhaustive"}
# Okabe and Ito's colours, told apart by the colour-blind; markers differ, too.
COLOURS = {"millrace": "#0072B2", "seismic": "#D55E00", "bmp": "#009E73", "lucene": "#CC79A7", "exhaustive": "#5A5A5A"}
MARKERS = {"millrace": "o", "seismic": "s", "bmp": "^", "lucene": "D", "exhaustive": "v"}
LEAST_RECALL = 0.85
MIB = 1 << 20


def read(paths):
    """The fastest line of each configuration."""
    best = {}
    for path in paths:
        for line in pathlib.Path(path).read_text().splitlines():
            result = json.loads(line)
            key = result["vectors"], result["engine"], json.dumps(result["settings"], sort_keys=True)
            if key not in best or micros(result) < micros(best[key]):
                best[key] = result
    return list(best.values())


def micros(result):
    return min(result["bestOfRoundsMicros"]["mean"], result.get("batchMicros", float("inf")))


def frontier(results):
    """By recall, what nothing else is faster than and as good as."""
    kept = []
    for result in sorted(results, key=lambda result: (-result["recall"], micros(result))):
        if not kept or micros(result) < micros(kept[-1]):
            kept.append(result)
    return kept[::-1]


def of(results, engine):
    return [result for result in results if result["engine"] == engine]


def style():
    pyplot.rcParams.update(
        {
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#888888",
            "axes.linewidth": 0.8,
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.grid": True,
            "grid.color": "#E6E6E6",
            "grid.linewidth": 0.7,
            "axes.axisbelow": True,
            "xtick.color": "#555555",
            "ytick.color": "#555555",
            "figure.dpi": 160,
        }
    )


def log_axis(axis, low, high):
    """Ticks at 1, 2 and 5 of each power, as plain numbers."""
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(value)))
    axis.set_minor_locator(ticker.NullLocator())
    axis.axes.set_ylim(low, high) if axis.axis_name == "y" else axis.axes.set_xlim(low, high)


def short(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def line(axes, engine, xs, ys):
    axes.plot(
        xs, ys, color=COLOURS[engine], marker=MARKERS[engine], markersize=4.5, linewidth=1.6, clip_on=False, zorder=3
    )


def label_at(axes, points):
    """Names beside points, moved apart where they would cover one another. points: (x, y, text, colour)."""
    axes.figure.canvas.draw()
    pixels_a_point = axes.figure.dpi / 72
    points = sorted(points, key=lambda point: point[1])
    at = [axes.transData.transform(point[:2])[1] / pixels_a_point for point in points]
    for (x, y, text, colour), was, is_ in zip(points, at, apart(at, 11.5)):
        axes.annotate(
            text, (x, y), xytext=(7, is_ - was), textcoords="offset points",
            color=colour, va="center", ha="left", annotation_clip=False, fontweight="bold",
        )  # fmt: skip


def apart(places, gap):
    """Ascending places moved as little as leaves a gap between any two."""
    groups = []
    for place in places:
        groups.append([place, 1])
        # A group lies around the mean of what it wants.
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < gap * (groups[-1][1] + groups[-2][1]) / 2:
            (upper, above), (lower, below) = groups.pop(), groups.pop()
            groups.append([(upper * above + lower * below) / (above + below), above + below])
    return [middle + gap * (i - (count - 1) / 2) for middle, count in groups for i in range(count)]


def latency_by_recall(results, path):
    figure, axes = pyplot.subplots(figsize=(6.4, 4.2))
    ends, values = [], []
    for engine in NAMES:
        points = [point for point in frontier(of(results, engine)) if point["recall"] >= LEAST_RECALL]
        if points:
            values += map(micros, points)
            line(axes, engine, [point["recall"] for point in points], list(map(micros, points)))
            ends.append((points[-1]["recall"], micros(points[-1]), NAMES[engine], COLOURS[engine]))
    axes.set_yscale("log")
    log_axis(axes.yaxis, 0.7 * min(values), 1.4 * max(values))
    axes.set_xlim(LEAST_RECALL, 1.0)
    axes.set_xlabel("recall@10 of exact search, ties counted")
    axes.set_title(f"Microseconds a query, {results[0]['documents']:,} documents, one thread", pad=10)
    label_at(axes, [(1.0, y, text, colour) for _, y, text, colour in ends])
    save(figure, path)


def at_size(results):
    """One result of each engine: the exact ones; of the others the fastest at .98 or, where there is none, the best."""
    chosen = {}
    for engine in NAMES:
        mine = of(results, engine)
        if engine == "millrace":
            mine = [result for result in mine if result["settings"] == {"weights": "f32", "aim": 1}]
        if not mine:
            continue
        good = [result for result in mine if result["recall"] >= 0.98]
        best = max(mine, key=lambda result: (result["recall"], -micros(result)))
        chosen[engine] = min(good, key=micros) if good and engine != "lucene" else best
    return chosen


def families(results):
    """Results by kind of vectors (what is before the dash of a folder's name), then by documents."""
    kinds = {}
    for result in results:
        kinds.setdefault(result["vectors"].split("-")[0], {}).setdefault(result["documents"], []).append(result)
    return kinds


def latency_by_size(kinds, path):
    figure, panels = pyplot.subplots(1, len(kinds), figsize=(4.2 * len(kinds) + 0.8, 3.9), sharey=True, squeeze=False)
    values, labels = [], []
    for axes, (kind, sizes) in zip(panels[0], sorted(kinds.items())):
        lines = {}
        for documents, results in sorted(sizes.items()):
            for engine, result in at_size(results).items():
                lines.setdefault(engine, []).append((documents, micros(result), result["recall"]))
        for engine, points in lines.items():
            xs, ys, recalls = zip(*points)
            values += ys
            line(axes, engine, xs, ys)
            exact = min(recalls) >= 0.9995
            text = NAMES[engine] + ("" if exact else f" {min(recalls):.3f}".replace("0.", ".", 1))
            labels.append((axes, xs[-1], ys[-1], text, COLOURS[engine]))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("documents")
        axes.set_title({"real": "Real text", "syn": "Synthetic"}.get(kind, kind), pad=8)
        axes.xaxis.set_major_locator(ticker.FixedLocator(sorted(sizes)))
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(round(value, -3))))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
    log_axis(panels[0][0].yaxis, 0.7 * min(values), 1.4 * max(values))
    panels[0][0].set_ylabel("microseconds a query, one thread")
    figure.text(
        0.125, -0.04, "A number beside a name: its least recall@10, where that is not 1.", color="#555555", fontsize=8
    )
    figure.subplots_adjust(wspace=0.42)
    for axes in panels[0]:
        label_at(axes, [label[1:] for label in labels if label[0] is axes])
    save(figure, path)


def sizes_and_builds(results, path):
    chosen = at_size(results)
    figures = (
        ("Memory, bytes a non-zero", "memoryBytesPerNonZero"),
        ("Disk, bytes a non-zero", "diskBytesPerNonZero"),
        ("Build, seconds", "buildSeconds"),
    )
    engines = [engine for engine in NAMES if engine in chosen][::-1]
    figure, panels = pyplot.subplots(1, 3, figsize=(8.6, 2.4), sharey=True)
    for axes, (title, name) in zip(panels, figures):
        values = [chosen[engine].get(name) for engine in engines]
        widest = max(value for value in values if value is not None)
        for place, (engine, value) in enumerate(zip(engines, values)):
            axes.barh(place, value or 0, color=COLOURS[engine], height=0.62)
            text = "–" if value is None else f"{value:.3g}"
            axes.annotate(text, (value or 0, place), xytext=(4, 0), textcoords="offset points", va="center")
        axes.set_xlim(0, 1.18 * widest)
        axes.set_yticks(range(len(engines)), [NAMES[engine] for engine in engines], color="#222222")
        axes.tick_params(left=False)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(title, fontsize=9.5, pad=6)
    save(figure, path)


def save(figure, path):
    figure.savefig(path, bbox_inches="tight", facecolor="white")
    pyplot.close(figure)


def markdown(results):
    """Every configuration, best recall first."""
    lines = [
        "| vectors | engine | settings | recall@10 | mean / p50 / p99, best rounds, µs | within batches, µs"
        " | mean of all, µs | queries/s | memory, MiB | bytes a non-zero: memory / disk | build, s |",
        "|---" * 11 + "|",
    ]
    for result in sorted(
        results, key=lambda r: (r["vectors"], list(NAMES).index(r["engine"]), -r["recall"], micros(r))
    ):
        best = result["bestOfRoundsMicros"]
        settings = ", ".join(f"{name} {value}" for name, value in result["settings"].items())
        share = " / ".join(str(result.get(f"{kind}BytesPerNonZero", "–")) for kind in ("memory", "disk"))
        cells = (
            result["vectors"],
            " ".join((NAMES[result["engine"]], result.get("version", ""))).strip(),
            settings,
            f"{result['recall']:.4f}",
            f"{best['mean']:,.0f} / {best['p50']:,.0f} / {best['p99']:,.0f}",
            result.get("batchMicros", "–"),
            f"{result['allRoundsMeanMicros']:,.0f}" if "allRoundsMeanMicros" in result else "–",
            f"{result['queriesPerSecond']:,.0f}" if "queriesPerSecond" in result else "–",
            f"{result['memoryBytes'] / MIB:,.0f}",
            share,
            result.get("buildSeconds", "–"),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path, help="files that compare.sh wrote")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), help="folder of the pictures")
    parser.add_argument("--markdown", type=pathlib.Path, help="file of the table; default: the standard output")
    options = parser.parse_args()
    results = read(options.results)
    style()
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = families(results)
    kind = kinds.get("real") or next(iter(kinds.values()))
    largest = kind[max(kind)]
    latency_by_recall(largest, options.out / "search-latency-recall.png")
    latency_by_size(kinds, options.out / "search-latency-size.png")
    sizes_and_builds(largest, options.out / "search-size-build.png")
    table = markdown(results)
    if options.markdown:
        options.markdown.write_text(table)
    else:
        print(table, end="")


if __name__ == "__main__":
    main()
