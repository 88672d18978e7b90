"""Writes golden/objective.json and golden/schedules.json: losses, penalties and schedules with their gradients.

    python3 -m venv venv
    venv/bin/pip install torch==2.15.0 transformers==5.24.0 sentence-transformers==6.2.0 mpmath==1.3.0
    venv/bin/python golden_objective.py ../resources/io/millrace/trainer/golden

Float64 on the CPU, gradients by autograd. Where sentence-transformers or transformers has the loss or schedule, its own code
computes it; the rest is written from the papers' formulas and what published code is known to do. "oracle" says which.
"""

import json
import logging
import math
import sys
from pathlib import Path

import mpmath
import torch
import transformers
from sentence_transformers.sparse_encoder import losses as st
from sentence_transformers.util import dot_score

from golden_batches import COLUMNS, batches, stored

logging.disable(logging.WARNING)
ST = "sentence-transformers"
TORCH = "torch"


def own_scores(batch, q, d):
    return torch.einsum("qv,qgv->qg", q, d.reshape(batch.size, batch.group, -1))


def columns(batch, q, d):
    """The form in which sentence-transformers' losses take a batch."""
    return [q, *d.reshape(batch.size, batch.group, -1).unbind(1)]


# Losses ----------------------------------------------------------------------------------------------------------------


def margin_mse(batch, q, d, spec):
    if spec["margins"] == "POSITIVE_AGAINST_EACH":
        return st.SparseMarginMSELoss(None).compute_loss_from_embeddings(columns(batch, q, d), batch.teacher)
    s, t = own_scores(batch, q, d), batch.teacher
    margins = s.unsqueeze(1) - s.unsqueeze(2)
    return (margins - (t.unsqueeze(1) - t.unsqueeze(2))).square().mean()


def kl_divergence(batch, q, d, spec):
    loss = st.SparseDistillKLDivLoss(
        None,
        similarity_fct=lambda a, b: (a * b).sum(-1),
        student_temperature=spec["temperature"],
        teacher_temperature=spec["teacher_temperature"],
    )
    return loss.compute_loss_from_embeddings(columns(batch, q, d), batch.teacher)


def exact_kl(batch, spec, computed):
    """The value of a KL divergence to 40 digits; at high temperatures float64 loses most of its own."""
    with mpmath.workdps(60):
        total = mpmath.mpf(0)
        for i in range(batch.size):
            p = softmax([mpmath.mpf(t.item()) / spec["teacher_temperature"] for t in batch.teacher[i]])
            student = softmax([exact_dot(batch, i, j) / mpmath.mpf(spec["temperature"]) for j in range(batch.group)])
            total += sum(a * mpmath.log(a / b) for a, b in zip(p, student))
        value = float(total / batch.size * spec["temperature"] ** 2)
    assert abs(value - computed) <= 1e-9 * abs(value) + 1e-14 * spec["temperature"] ** 2, (value, computed)
    return value


def softmax(logits):
    powers = [mpmath.exp(x - max(logits)) for x in logits]
    return [x / sum(powers) for x in powers]


def exact_dot(batch, i, j):
    query, document = batch.query_rows[i], batch.document_rows[i * batch.group + j]
    return mpmath.fsum(mpmath.mpf(query[t]) * mpmath.mpf(document[t]) for t in query if t in document)


def info_nce(batch, q, d, spec):
    everything = spec["hard"] and spec["others"] == "ALL" and not spec["ids"]
    if everything:
        loss = st.SparseMultipleNegativesRankingLoss(None, scale=1 / spec["temperature"], similarity_fct=dot_score)
        return loss.compute_loss_from_embeddings(columns(batch, q, d), None)
    scores = q @ d.T / spec["temperature"]
    rows = []
    for i in range(batch.size):
        places = [i * batch.group] + negatives(batch, i, spec)
        rows.append(-torch.log_softmax(scores[i, places], 0)[0])
    return torch.stack(rows).mean()


def negatives(batch, i, spec):
    """Rows that count against query i: its own candidates first, then others', and each document once where ids are used."""
    own = range(i * batch.group, (i + 1) * batch.group)
    rows = list(own)[1:] if spec["hard"] else []
    for row in range(batch.size * batch.group):
        positive = row % batch.group == 0
        if row not in own and {"NONE": False, "POSITIVES": positive, "NEGATIVES": not positive, "ALL": True}[spec["others"]]:
            rows.append(row)
    if not spec["ids"]:
        return rows
    seen, kept = {batch.ids[own[0]], *batch.positives[i]}, []
    for row in rows:
        if batch.ids[row] not in seen:
            kept.append(row)
            seen.add(batch.ids[row])
    return kept


def all_pairs(batch, q, d, spec):
    if spec["pairs"] == "IN_BATCH_NLL":
        d = d.reshape(batch.size, batch.group, -1)
        with_positives = q @ d[:, 0].T
        with_own_negatives = torch.einsum("qv,qgv->qg", q, d[:, 1:])
        logits = torch.cat([with_positives, with_own_negatives], 1)
        return torch.nn.functional.cross_entropy(logits, torch.arange(batch.size))
    s, t = own_scores(batch, q, d), batch.teacher
    if spec["pairs"] == "POSITIVE_AGAINST_EACH":
        return torch.nn.functional.softplus(s[:, 1:] - s[:, :1]).mean()
    rows = []
    for i in range(batch.size):
        pairs = [(a, b) for a in range(batch.group) for b in range(batch.group) if t[i, a] > t[i, b]]
        terms = [torch.nn.functional.softplus(s[i, b] - s[i, a]) for a, b in pairs]
        rows.append(torch.stack(terms).mean() if terms else s[i].sum() * 0)
    return torch.stack(rows).mean()


LOSSES = {"margin_mse": margin_mse, "kl_divergence": kl_divergence, "info_nce": info_nce, "all_pairs": all_pairs}


def loss_specs(batch):
    specs = [{"kind": "all_pairs", "pairs": "IN_BATCH_NLL"}]
    if batch.group > 1:
        specs += [{"kind": "margin_mse", "margins": m} for m in ("POSITIVE_AGAINST_EACH", "ALL_ORDERED")]
        specs += [
            {"kind": "kl_divergence", "temperature": s, "teacher_temperature": t}
            for s, t in ((1, 1), (2, 2), (0.01, 0.01), (500, 500), (2, 1))
        ]
        specs += [{"kind": "all_pairs", "pairs": p} for p in ("POSITIVE_AGAINST_EACH", "TEACHER_ORDERED")]
    for others in ("NONE", "POSITIVES", "NEGATIVES", "ALL"):
        for hard in (True, False):
            if (others == "NONE" and not hard) or (others in ("NONE", "NEGATIVES") and batch.group == 1):
                continue
            for temperature in (1, 0.05, 50):
                for ids in {False, batch.ids is not None}:
                    specs.append(
                        {"kind": "info_nce", "temperature": temperature, "hard": hard, "others": others, "ids": ids}
                    )
    return specs


def loss_oracle(spec):
    own = {
        "margin_mse": lambda: spec["margins"] == "POSITIVE_AGAINST_EACH",
        "kl_divergence": lambda: True,
        "info_nce": lambda: spec["hard"] and spec["others"] == "ALL" and not spec["ids"],
        "all_pairs": lambda: False,
    }
    return ST if own[spec["kind"]]() else TORCH


# Penalties -------------------------------------------------------------------------------------------------------------


# Of 100 documents; the first term in none, the second in all.
FREQUENCIES = [0, 100] + [(term * 37) % 101 for term in range(2, COLUMNS)]


def flops(rows):
    return rows.abs().mean(0).square().sum()


def grouped(rows, group, grouping, penalty):
    kinds = rows.reshape(-1, group, rows.shape[-1])
    if grouping == "TOGETHER" or (group == 1 and grouping != "BY_CANDIDATE"):
        return penalty(rows)
    positive = penalty(kinds[:, 0])
    if grouping == "BY_CANDIDATE":
        return sum(penalty(kinds[:, j]) for j in range(group))
    negative = penalty(kinds[:, 1:].reshape(-1, rows.shape[-1]))
    if grouping == "POSITIVES_AND_NEGATIVES":
        return (positive + negative) / 2
    return (0.5 * positive + 0.5 * negative + negative) / 2  # as Decoder4LSR's code has it


def penalty(rows, group, spec):
    kind = spec["kind"]
    if kind == "l1":
        return rows.abs().sum(1).mean()
    if kind == "anti_zero":
        return 1 / rows.sum() ** 2
    if kind == "flops" and spec["grouping"] == "TOGETHER":
        return st.FlopsLoss(None, threshold=spec["masked"]).compute_loss_from_embeddings(rows)
    if kind == "flops":
        kept = rows * ((rows != 0).sum(1) > spec["masked"]).double().unsqueeze(1)
        return grouped(kept, group, spec["grouping"], flops)
    share = torch.tensor(FREQUENCIES, dtype=torch.float64) / 100
    power = share ** (math.log(2) / math.log(spec["alpha"]))
    weights = 1 / (1 + (power - 1) ** spec["beta"])
    if spec["placement"] == "INSIDE_THE_SQUARE":
        return grouped(rows, group, spec["grouping"], lambda r: (weights * r.abs().mean(0)).square().sum())
    return grouped(rows, group, spec["grouping"], lambda r: (weights * r.abs().mean(0).square()).sum())


def penalty_specs(empty):
    specs = [{"kind": "l1"}] + ([] if empty else [{"kind": "anti_zero"}])
    groupings = ("TOGETHER", "POSITIVES_AND_NEGATIVES", "DECODER4LSR", "BY_CANDIDATE")
    specs += [{"kind": "flops", "grouping": g, "masked": m} for g in groupings for m in (0, 5, 12)]
    for placement in ("INSIDE_THE_SQUARE", "OUTSIDE_THE_SQUARE"):
        for grouping, alpha, beta in (("TOGETHER", 0.1, 10), ("TOGETHER", 0.3, 2.5), ("POSITIVES_AND_NEGATIVES", 0.05, 5)):
            specs.append({"kind": "df_flops", "grouping": grouping, "placement": placement, "alpha": alpha, "beta": beta})
    return specs


# Whole objectives ------------------------------------------------------------------------------------------------------


def splade_v3(batch, q, d, lambda_q, lambda_d):
    """What naver's trainer for Hugging Face adds up, with weights; penalties on documents and queries, and anti-zero."""
    ce = info_nce(batch, q, d, {"temperature": 1, "hard": True, "others": "NEGATIVES", "ids": False})
    mse = margin_mse(batch, q, d, {"margins": "ALL_ORDERED"})
    kl = kl_divergence(batch, q, d, {"temperature": 1, "teacher_temperature": 1})
    ranking = 0.01 * ce + 0.05 * mse + 0.99 * kl
    return ranking + lambda_d * flops(d) + lambda_q * q.abs().sum(1).mean() + 1 / q.sum() ** 2 + 1 / d.sum() ** 2


# Schedules -------------------------------------------------------------------------------------------------------------


def learning_rates():
    makers = {
        "CONSTANT": lambda o, w, t: transformers.get_constant_schedule_with_warmup(o, w),
        "LINEAR": transformers.get_linear_schedule_with_warmup,
        "COSINE": transformers.get_cosine_schedule_with_warmup,
    }
    cases = []
    for decay, make in makers.items():
        for warmup, total in ((0, 10), (3, 10), (10, 11), (1, 1000), (60, 1000)):
            parameter = torch.nn.Parameter(torch.zeros(1))
            optimizer = torch.optim.SGD([parameter], lr=2e-3)
            schedule = make(optimizer, warmup, total)
            rates = []
            for step in range(total + 1):
                if step < 13 or step % 89 == 0 or step == total:
                    rates.append([step, schedule.get_last_lr()[0]])
                optimizer.step()
                schedule.step()
            cases.append({"decay": decay, "warmup": warmup, "total": total, "peak": 2e-3, "rates": rates})
    return cases


def naver_ramp(steps, shape):
    done = 0
    while True:
        done = min(done + 1, steps)
        yield shape(done / steps)


def naver_hf_ramp(steps, shape):
    done = 0
    while True:
        done += 1
        yield min(1.0, shape(done / (steps + 1)))


def lsr_ramp(steps, shape):
    done, weight = 0, 0.0
    while True:
        yield weight
        if done < steps:
            done += 1
            weight = shape(done / steps)


def ramps():
    shapes = {"QUADRATIC": lambda r: r**2, "LINEAR": lambda r: r}
    cases = []
    for counting, ramp in (("NAVER", naver_ramp), ("NAVER_HF", naver_hf_ramp), ("LSR", lsr_ramp)):
        for shape, rise in shapes.items():
            for steps in (1, 2, 7, 50):
                values = ramp(steps, rise)
                cases.append({"counting": counting, "shape": shape, "steps": steps,
                              "factors": [next(values) for _ in range(steps + 4)]})
    return cases


# Writing ---------------------------------------------------------------------------------------------------------------


def differentiated(batch, function):
    q, d = batch.leaves()
    value = function(q, d)
    value.backward()
    zeros = torch.zeros_like
    return {
        "value": value.item(),
        "queries": stored(q.grad if q.grad is not None else zeros(q), batch.query_rows),
        "documents": stored(d.grad if d.grad is not None else zeros(d), batch.document_rows),
    }


def batch_cases(batch):
    cases = []
    for spec in loss_specs(batch):
        result = differentiated(batch, lambda q, d: LOSSES[spec["kind"]](batch, q, d, spec))
        if spec["kind"] == "kl_divergence":
            result["value"] = exact_kl(batch, spec, result["value"])
        cases.append({"oracle": loss_oracle(spec), "loss": spec, **result})
    for side, rows, group in (("QUERIES", batch.query_rows, 1), ("DOCUMENTS", batch.document_rows, batch.group)):
        for spec in penalty_specs(not any(rows)):
            own = spec["kind"] == "flops" and spec["grouping"] == "TOGETHER"
            result = differentiated(batch, lambda q, d: penalty(q if side == "QUERIES" else d, group, spec))
            cases.append({"oracle": ST if own else TORCH, "penalty": spec, "side": side, **result})
    if batch.group > 1 and any(batch.document_rows):
        for step, lambda_q, lambda_d in ((0, 0.3, 0.2), (30, 0.3, 0.2), (99, 0.3, 0.2)):
            share = min(1, ((step + 1) / 51) ** 2)
            result = differentiated(batch, lambda q, d: splade_v3(batch, q, d, lambda_q * share, lambda_d * share))
            cases.append({"oracle": TORCH, "objective": "splade_v3", "step": step, **result})
    return cases


if __name__ == "__main__":
    out = Path(sys.argv[1])
    objective = {
        "frequencies": {"counts": FREQUENCIES, "documents": 100},
        "batches": [{"name": b.name, **b.json(), "cases": batch_cases(b)} for b in batches()],
    }
    (out / "objective.json").write_text(json.dumps(objective, separators=(",", ":")) + "\n")
    schedules = {"learning_rates": learning_rates(), "ramps": ramps()}
    (out / "schedules.json").write_text(json.dumps(schedules, separators=(",", ":")) + "\n")
