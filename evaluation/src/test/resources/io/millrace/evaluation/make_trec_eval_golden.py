"""Writes trec_eval_golden.json: small random runs with what trec_eval says of them.

    python3 -m venv venv && venv/bin/pip install pytrec-eval-terrier==0.5.11
    venv/bin/python make_trec_eval_golden.py > trec_eval_golden.json

pytrec-eval-terrier wraps trec_eval's own C code. Scores are multiples of 1/8, exact in single precision, and tie often.
trec_eval has no cut for recip_rank, so MRR@10 is its recip_rank of the run cut at 10 in trec_eval's order (score
descending, then document id descending by bytes).
"""
import json
import random

import pytrec_eval

random.seed(20250114)
IDS = [f"d{i}" for i in range(40)] + ["Doc", "doc", "dö", "d文", "d\U0001f600", "d\uffee", "d10a", "", "d 1"]

qrels, run = {}, {}
for q in range(24):
    query = f"q{q}"
    judged = random.sample(IDS, random.randint(1, 20))
    qrels[query] = {d: random.choice([-1, 0, 0, 1, 1, 1, 2, 3]) for d in judged}
    if q == 3:  # nothing relevant
        qrels[query] = {d: 0 for d in judged}
    found = random.sample(IDS, random.choice([1, 5, 12, 30, len(IDS)]))
    run[query] = {d: random.randint(0, 24) / 8 for d in found}
    if q == 5:  # all tie
        run[query] = {d: 1.0 for d in found}
del run["q7"]  # not answered at all


def cut(docs, k):
    order = sorted(docs.items(), key=lambda e: (e[1], e[0].encode()), reverse=True)
    return dict(order[:k])


evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.1,5,10", "recall.5,10,100", "recip_rank"})
full = evaluator.evaluate(run)
first_ten = evaluator.evaluate({q: cut(docs, 10) for q, docs in run.items()})
expected = {
    q: {
        "nDCG@1": v["ndcg_cut_1"],
        "nDCG@5": v["ndcg_cut_5"],
        "nDCG@10": v["ndcg_cut_10"],
        "Recall@5": v["recall_5"],
        "Recall@10": v["recall_10"],
        "Recall@100": v["recall_100"],
        "MRR@10": first_ten[q]["recip_rank"],
    }
    for q, v in full.items()
}
print(json.dumps({"qrels": qrels, "run": run, "expected": expected}, ensure_ascii=True))
