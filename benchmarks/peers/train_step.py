"""Time and memory of a training step: 16 queries (or --queries), 4 candidates each, InfoNCE over the batch, FLOPS on documents, AdamW.

    python benchmarks/peers/train_step.py ENGINE DATA_DIR MODEL [--steps 12]

ENGINE is millrace (the whole command, its recipe written here), eager (PyTorch with transformers' masked-LM class) or
sentence-transformers (SparseEncoder with SpladeLoss). DATA_DIR is a folder in BEIR layout with qrels/train.tsv. Every engine
reads the texts of the same collection, cut at the same lengths, pads as it does by itself, and tokenises within the step. Memory
is the process's peak less what it holds before it loads the model.
"""

import argparse
import gzip
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile
import time

QUERIES, GROUP = 16, 4


def opened(folder, name):
    path = pathlib.Path(folder, name)
    return open(path, encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8")


def batches(folder, steps, group, count):
    """Judged queries in file order, each with its document and the next ones of the corpus."""
    with opened(folder, "corpus.jsonl") as lines:
        documents = [json.loads(line) for line in lines]
    texts = [f"{d.get('title', '')} {d['text']}".strip() for d in documents]
    places = {d["_id"]: i for i, d in enumerate(documents)}
    with opened(folder, "queries.jsonl") as lines:
        queries = {q["_id"]: q["text"] for q in map(json.loads, lines)}
    with opened(folder, "qrels/train.tsv") as lines:
        pairs = [row.split("\t")[:2] for row in list(lines)[1:]]
    for step in range(steps):
        some = [pairs[(step * count + i) % len(pairs)] for i in range(count)]
        yield [queries[q] for q, _ in some], [
            texts[(places[d] + j) % len(texts)] for _, d in some for j in range(group)]


def memory():
    """Bytes in use now."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def report(engine, times, peak, before):
    times = times[2:] if len(times) > 4 else times
    print(json.dumps({
        "engine": engine, "median_step_s": round(statistics.median(times), 4), "least_step_s": round(min(times), 4),
        "steps": len(times), "peak_mb": round(peak / 2**20), "peak_over_start_mb": round((peak - before) / 2**20),
        "load": os.getloadavg()[0]}))


def own_peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def eager(arguments):
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer
    torch.set_num_threads(arguments.threads)
    before = memory()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    model = AutoModelForMaskedLM.from_pretrained(arguments.model, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)

    def encode(texts, length):
        batch = tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
        logits = model(**batch).logits
        return torch.log1p(torch.relu(logits * batch["attention_mask"].unsqueeze(-1))).amax(1)

    times = []
    for queries, documents in batches(arguments.data, arguments.steps, arguments.group, arguments.queries):
        start = time.perf_counter()
        q, d = encode(queries, arguments.query_tokens), encode(documents, arguments.document_tokens)
        loss = torch.nn.functional.cross_entropy(q @ d.T, torch.arange(arguments.queries) * arguments.group)
        (loss + 0.01 * (d.mean(0) ** 2).sum()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter() - start)
    report("eager", times, own_peak(), before)


def sentence_transformers(arguments):
    import torch
    from sentence_transformers import SparseEncoder
    from sentence_transformers.sparse_encoder.losses import SparseMultipleNegativesRankingLoss, SpladeLoss
    torch.set_num_threads(arguments.threads)
    before = memory()
    model = SparseEncoder(arguments.model, device="cpu", model_kwargs={"dtype": torch.float32}).train()
    loss = SpladeLoss(model, SparseMultipleNegativesRankingLoss(model), document_regularizer_weight=0.01)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)

    def features(texts, length):
        model.max_seq_length = length
        return model.tokenize(texts)

    times = []
    for queries, documents in batches(arguments.data, arguments.steps, arguments.group, arguments.queries):
        start = time.perf_counter()
        columns = [features(queries, arguments.query_tokens)]
        columns += [features(documents[j :: arguments.group], arguments.document_tokens) for j in range(arguments.group)]
        found = loss(columns, None)
        total = sum(found.values()) if isinstance(found, dict) else found
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter() - start)
    report("sentence-transformers", times, own_peak(), before)


def millrace(arguments):
    with tempfile.TemporaryDirectory() as folder:
        recipe = pathlib.Path(folder, "step.yaml")
        data = pathlib.Path(folder, "data.jsonl")
        with open(data, "w", encoding="utf-8") as file:
            for queries, documents in batches(arguments.data, arguments.steps, arguments.group, arguments.queries):
                for i, query in enumerate(queries):
                    own = documents[i * arguments.group : (i + 1) * arguments.group]
                    file.write(json.dumps({"query": query, "pos": own[0], "negs": own[1:]}) + "\n")
        recipe.write_text(f"""
name: step
base: {pathlib.Path(arguments.model).resolve()}
steps: {arguments.steps}
batch: {{queries: {arguments.queries}, query-tokens: {arguments.query_tokens}, document-tokens: {arguments.document_tokens}{", cached: true" if arguments.cached else ""}}}
candidates: {{group: {arguments.group}}}
optimizer: {{rate: 2e-5, clip: 1}}
loss: [{{kind: info-nce}}]
penalties: [{{side: documents, kind: flops, lambda: 0.01, ramp: constant}}]
data: [{{kind: contrastive, file: data.jsonl}}]
keep: {{every: 100000, report: 1}}
""")
        launcher = pathlib.Path(__file__).resolve().parents[2] / "millrace"
        log = pathlib.Path(folder, "run", "log.jsonl")
        command = [launcher, "train", recipe, "--out", log.parent, "--threads", str(arguments.threads)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"MILLRACE_NO_BUILD": "1"})
        peak = 0
        # The JVM is the launcher's own process, by exec; VmHWM is the peak of what it held.
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024)
            except (FileNotFoundError, AttributeError):
                pass
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"millrace train ended with {process.returncode}")
        texts = arguments.queries * (1 + arguments.group)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        times = [texts / line["texts_per_second"] for line in lines if line["kind"] == "step"]
        report("millrace", times, peak, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    engines = {"millrace": millrace, "eager": eager, "sentence-transformers": sentence_transformers}
    parser.add_argument("engine", choices=engines)
    parser.add_argument("data")
    parser.add_argument("model")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--group", type=int, default=GROUP)
    parser.add_argument("--query-tokens", type=int, default=64)
    parser.add_argument("--document-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cached", action="store_true", help="millrace alone: gradient caching, the same gradients in less memory")
    arguments = parser.parse_args()
    engines[arguments.engine](arguments)


if __name__ == "__main__":
    main()
