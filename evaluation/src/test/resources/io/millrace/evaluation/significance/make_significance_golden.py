"""Writes significance_golden.json: what SciPy and statsmodels say of seeded pairs of figures and of lists of p-values.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python make_significance_golden.py > significance_golden.json
"""
import json
import random

from scipy import stats
from scipy.special import betainc
from statsmodels.stats.multitest import multipletests

random.seed(7)
pairs = []
for n in (2, 3, 5, 10, 15, 50, 300, 6980):
    for shift in (0.0, 0.02, 0.4):
        if n == 6980 and shift != 0.02:
            continue
        a = [round(random.random(), 4) for _ in range(n)]
        b = [round(min(1, max(0, x - shift + random.gauss(0, 0.2))), 4) for x in a]
        if n == 15:  # figures of few values, as reciprocal ranks are, many of them equal
            a = [random.choice([0, 1 / 3, 0.5, 1]) for _ in range(n)]
            b = [random.choice([0, 1 / 3, 0.5, 1]) for _ in range(n)]
        case = {"a": a, "b": b}
        if n == 6980:  # too long to store: figures from a rule that both sides know
            a = [(i * 7919 % 1000) / 1000 for i in range(n)]
            b = [(i * 7907 % 997) / 1000 for i in range(n)]
            case = {"rule": n}
        t = stats.ttest_rel(a, b)
        case |= {"t": t.statistic, "p": t.pvalue}
        if n <= 15:
            exact = stats.permutation_test(
                (a, b), lambda x, y, axis: (x - y).mean(axis=axis), permutation_type="samples", n_resamples=float("inf"),
                vectorized=True)
            case["randomization"] = exact.pvalue
        pairs.append(case)

tails = []
for freedom in (1, 2, 3, 4, 7, 20, 49, 99, 100, 101, 500, 6979, 1_000_000):
    for t in (1e-9, 1e-3, 0.1, 0.7, 1.0, 1.96, 3.0, 5.5, 12.0, 40.0):
        x, half = freedom / (freedom + t * t), freedom / 2
        # Of the two forms, the one that does not lose its digits.
        p = float(2 * stats.t.sf(t, freedom)) if t > 0.1 else float(1 - betainc(0.5, half, t * t / (freedom + t * t)))
        tails.append([t, freedom, p])

corrections = []
for count in (1, 2, 5, 12):
    p = [round(random.random() ** 3, 6) for _ in range(count)]
    if count == 12:
        p[3] = p[4] = p[5]
        p[0] = 0.0
        p[1] = 1.0
    case = {"p": p}
    for ours, theirs in (("BONFERRONI", "bonferroni"), ("HOLM", "holm"), ("BENJAMINI_HOCHBERG", "fdr_bh")):
        case[ours] = [float(v) for v in multipletests(p, method=theirs)[1]]
    corrections.append(case)
print(json.dumps({"pairs": pairs, "tails": tails, "corrections": corrections}))
