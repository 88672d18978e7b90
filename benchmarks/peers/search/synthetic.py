"""Makes synthetic vectors that are shaped like those of a learned sparse encoder, as many as wanted.

Vocabulary -> topics -> subjects: terms are drawn by Zipf's law; a topic prefers some of them; a subject has a core of
terms of high weight and some of middling weight, most of them its topic's. A document is about one to three subjects, a
query about one that documents are about. So the best results of a query are a crowd of close scores, not one outlier,
and the most frequent terms have low and even weights, which is what makes bounds weak on such vectors.

Documents are made and written some thousands at a time; a million of 120 terms take minutes and stay far below 4 GB.
  python synthetic.py OUT --documents 1000000 --queries 500
"""

import argparse
import contextlib
import pathlib
import shutil

import numpy

import vectors

TOPIC_TERMS, CORE_TERMS, MID_TERMS = 250, 14, 60
# Share of a subject's terms that is its own, not its topic's.
OWN_SHARE = 0.25
LEAST_WEIGHT, LARGEST_WEIGHT = 0.01, 3.5
AT_ONCE = 10_000


def zipf(count, shift, exponent):
    """Cumulated shares of ranks, from the largest."""
    shares = 1.0 / (numpy.arange(1, count + 1) + shift) ** exponent
    return numpy.cumsum(shares / shares.sum())


def draw(random, cumulated, shape):
    """Indices, as often as the shares say."""
    return numpy.minimum(numpy.searchsorted(cumulated, random.random(shape)), len(cumulated) - 1)


class Kind:
    """How long and how like its subject a vector is."""

    def __init__(self, terms, least, most, core, mid, noise):
        self.terms, self.least, self.most = terms, least, most
        self.core, self.mid, self.noise = core, mid, noise

    def lengths(self, random, count):
        # exp(0.35² / 2) = exp(0.06): so that the mean is what was asked for.
        drawn = random.lognormal(numpy.log(self.terms) - 0.06, 0.35, count)
        return numpy.clip(drawn, self.least, self.most).astype(numpy.int64)


class World:
    """Topics and subjects over a vocabulary."""

    def __init__(self, random, vocabulary, topics, subjects):
        self.vocabulary, self.subjects = vocabulary, subjects
        # Ids are not by frequency, as those of WordPiece are not.
        shares = numpy.diff(zipf(vocabulary, 12, 1.0), prepend=0)[random.permutation(vocabulary)]
        self.common = numpy.cumsum(shares)
        flat = numpy.sqrt(shares)
        self.any = numpy.cumsum(flat / flat.sum())
        self.topic_terms = draw(random, self.any, (topics, TOPIC_TERMS))
        self.within_topic = zipf(TOPIC_TERMS, 8, 0.9)
        self.topic = draw(random, zipf(topics, 30, 0.8), subjects)
        self.popularity = zipf(subjects, 200, 0.6)
        self.core, self.mid = self.of_subjects(random, CORE_TERMS), self.of_subjects(random, MID_TERMS)
        self.core_weights = numpy.clip(random.normal(1.6, 0.45, self.core.shape), 0.5, 3.0)
        self.mid_weights = numpy.clip(random.lognormal(-0.7, 0.5, self.mid.shape), 0.08, 1.6)
        self.common_weights = numpy.clip(random.lognormal(-1.5, 0.35, vocabulary), 0.05, 0.9)

    def of_subjects(self, random, terms):
        own = draw(random, self.any, (self.subjects, terms))
        shared = self.topic_terms[self.topic[:, None], draw(random, self.within_topic, own.shape)]
        return numpy.where(random.random(own.shape) < OWN_SHARE, own, shared)

    def vectors(self, random, kind, about, counts):
        """A batch of vectors: lengths, terms, weights. about: subjects [vectors × 3], counts: how many count."""
        rows, lengths = numpy.arange(len(about)), kind.lengths(random, len(about))
        found = Entries(self.vocabulary)
        for place in range(about.shape[1]):
            takes = rows[counts > place]
            subject = about[takes, place]
            first = place == 0
            strength = 1.0 if first else 0.65
            weights, share = self.core_weights[subject] * strength, kind.core if first else 0.35
            pick(found, random, kind.noise, takes, self.core[subject], weights, share)
            share = numpy.minimum(0.9, lengths[takes] * kind.mid / MID_TERMS / (1 if first else 2))
            weights = self.mid_weights[subject] * strength
            pick(found, random, kind.noise, takes, self.mid[subject], weights, share[:, None])
        left = numpy.maximum(0, lengths - numpy.bincount(found.rows(), minlength=len(about)))
        of_topic = numpy.repeat(rows, (left * 0.4).astype(numpy.int64))
        subject = about[of_topic, random.integers(counts[of_topic])]
        terms = self.topic_terms[self.topic[subject], draw(random, self.within_topic, len(of_topic))]
        found.add(of_topic, terms, numpy.clip(random.lognormal(-0.75, 0.75, len(of_topic)), 0.03, 3.0))
        # More than needed, because terms come twice; what is too much is cut off again.
        filling = numpy.repeat(rows, 2 * left + 8)
        terms = draw(random, self.common, len(filling))
        found.add(filling, terms, self.common_weights[terms] * random.lognormal(0, 0.45, len(filling)))
        return found.first(lengths)


def pick(found, random, noise, rows, terms, weights, share):
    """Adds some of the terms of each row."""
    chosen = random.random(terms.shape) < share
    factors = random.lognormal(0, noise, numpy.count_nonzero(chosen))
    found.add(numpy.broadcast_to(rows[:, None], terms.shape)[chosen], terms[chosen], weights[chosen] * factors)


class Entries:
    """Entries of some rows, in the order of their importance."""

    def __init__(self, vocabulary):
        self.vocabulary, self.keys, self.weights = vocabulary, [], []

    def add(self, rows, terms, weights):
        self.keys.append(rows * self.vocabulary + terms)
        self.weights.append(weights)

    def rows(self):
        """Row of each entry; one that came twice counts once."""
        return numpy.unique(numpy.concatenate(self.keys)) // self.vocabulary

    def first(self, lengths):
        """The first different terms of each row with their largest weights: counts, terms ascending, weights."""
        keys, weights = numpy.concatenate(self.keys), numpy.concatenate(self.weights)
        order = numpy.argsort(keys, kind="stable")
        keys = keys[order]
        begins = numpy.flatnonzero(numpy.diff(keys, prepend=-1))
        weights = numpy.maximum.reduceat(weights[order], begins)
        # The sort is stable: the first of its kind is the one that was added first.
        keys, added = keys[begins], order[begins]
        rows = keys // self.vocabulary
        by_row = numpy.lexsort((added, rows))
        starts = numpy.searchsorted(rows, numpy.arange(len(lengths)))
        place = numpy.empty(len(rows), numpy.int64)
        place[by_row] = numpy.arange(len(rows)) - starts[rows[by_row]]
        kept = place < lengths[rows]
        counts = numpy.bincount(rows[kept], minlength=len(lengths))
        clipped = numpy.clip(weights[kept], LEAST_WEIGHT, LARGEST_WEIGHT).astype("<f4")
        return counts, (keys[kept] % self.vocabulary).astype("<i4"), clipped


def write_stream(path, rows, columns, batches):
    """Writes a matrix whose number of non-zeros is known only in the end."""
    offsets, done = numpy.zeros(rows + 1, "<i8"), 0
    draft = path.with_suffix(".weights")
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(open(path, "wb"))
        held = stack.enter_context(open(draft, "w+b"))
        stack.callback(draft.unlink)
        out.seek(8 * (3 + rows + 1))
        for counts, terms, weights in batches:
            offsets[done + 1 : done + 1 + len(counts)] = offsets[done] + numpy.cumsum(counts)
            done += len(counts)
            terms.tofile(out)
            weights.tofile(held)
        out.flush()
        out.seek(0, 2)
        held.seek(0)
        shutil.copyfileobj(held, out, 1 << 24)
        out.seek(0)
        out.write(numpy.array([rows, columns, offsets[-1]], "<i8").tobytes() + offsets.tobytes())


def batches(world, seeds, kind, rows, subjects_of):
    for begin in range(0, rows, AT_ONCE):
        # A batch has its own generator: what it holds depends on nothing before it.
        random = numpy.random.default_rng([*seeds, begin])
        about, counts = subjects_of(random, min(AT_ONCE, rows - begin))
        yield world.vectors(random, kind, about, counts)


def make(out, options):
    out.mkdir(parents=True, exist_ok=True)
    subjects = max(50, options.documents // options.per_subject)
    world = World(numpy.random.default_rng(options.seed), options.vocabulary, options.topics, subjects)

    def of_documents(random, count):
        return draw(random, world.popularity, (count, 3)), random.choice([1, 2, 3], count, p=[0.55, 0.3, 0.15])

    def of_queries(random, count):
        return draw(random, world.popularity, (count, 1)), numpy.ones(count, numpy.int64)

    document = Kind(options.document_terms, 12, 600, core=0.6, mid=0.22, noise=0.45)
    query = Kind(options.query_terms, 8, 150, core=0.55, mid=0.3, noise=0.5)
    matrices = (
        (vectors.DOCUMENTS, document, options.documents, of_documents),
        (vectors.QUERIES, query, options.queries, of_queries),
    )
    for number, (name, kind, rows, subjects_of) in enumerate(matrices):
        stream = batches(world, (options.seed, number), kind, rows, subjects_of)
        write_stream(out / name, rows, options.vocabulary, stream)
        matrix = vectors.read(out / name)
        print(f"{out / name}: {matrix.rows:,} rows of {matrix.non_zeros / matrix.rows:.1f} terms", flush=True)
    vectors.write_truth(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--document-terms", type=int, default=120)
    parser.add_argument("--query-terms", type=int, default=43)
    parser.add_argument("--vocabulary", type=int, default=30_522)
    parser.add_argument("--topics", type=int, default=300)
    parser.add_argument("--per-subject", type=int, default=40, help="documents of a subject, on average")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    make(options.out, options)


if __name__ == "__main__":
    main()
