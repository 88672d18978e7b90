"""Writes run.txt, qrels.txt and expected.json: files as trec_eval reads them, with what it says of them.

    python3 -m venv venv && venv/bin/pip install pytrec-eval-terrier==0.5.11
    venv/bin/python make_trec_files_golden.py

pytrec-eval-terrier wraps trec_eval's own C code. The run has scores that tie, scores that differ only beyond single precision
(which trec_eval keeps, so that they tie too), lines in any order with ranks that mean nothing, documents that are not judged,
negative grades, queries that are judged and not answered, and queries that are answered and not judged. Means are over all judged
queries (trec_eval -c). Level 2 is trec_eval -l2. MRR@10 is recip_rank of the run cut at 10 in trec_eval's order. nDCG(exp) is
trec_eval's nDCG of the grades 2^grade - 1.
"""
import json
import random
import struct

import pytrec_eval

random.seed(20250611)
IDS = [f"d{i}" for i in range(300)] + ["Doc", "doc", "dö", "d文", "d\U0001f600", "d\uffee"]


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def score(kind):
    if kind == 0:  # ties
        return f"{random.randint(-8, 8) / 4}"
    if kind == 1:  # differ only beyond single precision
        return f"{random.randint(1, 6)}.{random.randint(0, 3)}00000{random.randint(0, 99):02d}"
    if kind == 2:
        return repr(random.gauss(0, 1) * 10 ** random.randint(-30, 30))
    return f"{random.uniform(0, 30):.6f}"


qrels, run, lines = {}, {}, []
for q in range(60):
    query = f"q{q}"
    if q % 13 != 5:  # answered and not judged
        grades = [-2, -1, 0, 0, 0, 1, 1, 2, 3]
        qrels[query] = {d: random.choice(grades) for d in random.sample(IDS, random.randint(1, 60))}
        if q == 3:
            qrels[query] = {d: 0 for d in qrels[query]}
        if q == 4:  # relevant at level 1 and not at 2
            qrels[query] = {d: min(1, g) for d, g in qrels[query].items()}
    if q % 11 != 7:  # judged and not answered
        kind = q % 4
        run[query] = {d: score(kind) for d in random.sample(IDS, random.choice([1, 5, 12, 30, 120, len(IDS)]))}
        if q % 4 == 0 and query in qrels:  # find most of what is judged, so that figures are not all small
            run[query].update({d: score(0) for d in random.sample(sorted(qrels[query]), len(qrels[query]) // 2)})
        lines += [(query, d, s) for d, s in run[query].items()]
random.shuffle(lines)
with open("run.txt", "w") as out:
    for i, (query, document, s) in enumerate(lines):
        blank = random.choice([" ", "\t", "  "])
        out.write(blank.join([query, "Q0", document, str(i % 7), s, "tag"]) + "\n")
judged = [(q, d, g) for q, docs in qrels.items() for d, g in docs.items()]
with open("qrels.txt", "w") as out:
    for query, document, grade in judged:
        out.write(f"{query} 0 {document} {grade}\n")

scores = {q: {d: float(s) for d, s in docs.items()} for q, docs in run.items()}


def cut(docs, k):
    order = sorted(docs.items(), key=lambda e: (single(e[1]), e[0].encode()), reverse=True)
    return dict(order[:k])


def judge(judgements, ranked, level, names):
    return pytrec_eval.RelevanceEvaluator(judgements, set(names), relevance_level=level).evaluate(ranked)


NAMES = ["ndcg", "ndcg_cut.1,5,10,100", "recall.5,10,100,1000", "P.1,5,10,100", "map", "map_cut.5,10,100", "recip_rank"]
exponential = {q: {d: 2 ** g - 1 if g > 0 else 0 for d, g in docs.items()} for q, docs in qrels.items()}
OURS = {"recall": "Recall", "P": "P", "map_cut": "MAP", "ndcg_cut": "nDCG"}
expected = {q: {} for q in qrels}
for level in (1, 2):
    suffix = "" if level == 1 else "(rel=2)"
    full = judge(qrels, scores, level, NAMES)
    ten = judge(qrels, {q: cut(docs, 10) for q, docs in scores.items()}, level, ["recip_rank"])
    for q, values in full.items():
        for name, value in values.items():
            if name == "map":
                expected[q]["MAP" + suffix] = value
            elif name == "recip_rank":
                expected[q]["MRR" + suffix] = value
            elif name == "ndcg":
                expected[q]["nDCG"] = value
            else:
                family, k = name.rsplit("_", 1)
                expected[q][OURS[family] + (suffix if family != "ndcg_cut" else "") + "@" + k] = value
        expected[q]["MRR" + suffix + "@10"] = ten[q]["recip_rank"]
for q, values in judge(exponential, scores, 1, ["ndcg", "ndcg_cut.10"]).items():
    expected[q]["nDCG(exp)@10"] = values["ndcg_cut_10"]
    expected[q]["nDCG(exp)"] = values["ndcg"]
names = sorted(next(v for v in expected.values() if v))
means = {n: sum(v.get(n, 0.0) for v in expected.values()) / len(expected) for n in names}
with open("expected.json", "w") as out:
    json.dump({"queries": {q: v for q, v in expected.items() if v}, "means": means,
               "printed": {n: "%.4f" % m for n, m in means.items()}}, out, indent=0, sort_keys=True)
    out.write("\n")
