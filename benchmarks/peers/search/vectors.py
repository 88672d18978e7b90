"""Folders of sparse vectors: reads, cuts and checks them, and computes the exact results of their queries.

A folder holds docs.csr and queries.csr, little-endian matrices as in the sparse track of BigANN (int64 rows, columns,
non-zeros; int64 offsets[rows + 1]; int32 terms; float32 weights), and gt.npz: for each query the rows ("ids", int32)
and scores ("scores", float64) of the best documents by exact dot products in double precision.
  python vectors.py truth VECTORS
  python vectors.py subset VECTORS OUT --documents 100000 --queries 1000
"""

import argparse
import pathlib
from typing import NamedTuple

import numpy
import scipy.sparse

DOCUMENTS, QUERIES, TRUTH = "docs.csr", "queries.csr", "gt.npz"
# As deep as the ground truth that BigANN hands out: deep enough for ties at every k in use.
TRUTH_DEPTH = 100
# Documents and queries scored at once: 64 × 50,000 sums take 26 MB.
DOCUMENTS_AT_ONCE, QUERIES_AT_ONCE = 50_000, 64


class Matrix(NamedTuple):
    """Rows of sparse vectors; row r has the entries offsets[r] to offsets[r + 1], terms ascending. Mapped, not read."""

    columns: int
    offsets: numpy.ndarray
    terms: numpy.ndarray
    weights: numpy.ndarray

    @property
    def rows(self):
        return len(self.offsets) - 1

    @property
    def non_zeros(self):
        return int(self.offsets[-1])

    def first(self, rows):
        end = int(self.offsets[rows])
        return Matrix(self.columns, self.offsets[: rows + 1], self.terms[:end], self.weights[:end])

    def row(self, index):
        """Terms and weights of one row, as views."""
        part = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        return self.terms[part], self.weights[part]

    def scipy(self, begin, end):
        """Some rows, in double precision."""
        part = slice(int(self.offsets[begin]), int(self.offsets[end]))
        offsets = self.offsets[begin : end + 1] - self.offsets[begin]
        weights = self.weights[part].astype(numpy.float64)
        return scipy.sparse.csr_matrix((weights, self.terms[part], offsets), shape=(end - begin, self.columns))


def read(path):
    header = numpy.fromfile(path, "<i8", 3)
    rows, columns, non_zeros = map(int, header)
    terms_at = 8 * (3 + rows + 1)
    size = terms_at + 8 * non_zeros
    if pathlib.Path(path).stat().st_size != size:
        raise ValueError(f"{path} has {pathlib.Path(path).stat().st_size} bytes, but its header speaks of {size}")
    offsets = numpy.fromfile(path, "<i8", rows + 1, offset=24)
    terms = numpy.memmap(path, "<i4", "r", terms_at, (non_zeros,))
    weights = numpy.memmap(path, "<f4", "r", terms_at + 4 * non_zeros, (non_zeros,))
    return Matrix(columns, offsets, terms, weights)


def write(path, matrix):
    with open(path, "wb") as out:
        numpy.array([matrix.rows, matrix.columns, matrix.non_zeros], "<i8").tofile(out)
        matrix.offsets.astype("<i8").tofile(out)
        matrix.terms.astype("<i4").tofile(out)
        matrix.weights.astype("<f4").tofile(out)


class Truth(NamedTuple):
    """The best documents of each query by exact scores, ties by row; score 0 where fewer match."""

    ids: numpy.ndarray
    scores: numpy.ndarray

    def recall(self, found, k):
        """Mean share of the best k found, by the rule of ./millrace bench search.

        A document counts if its exact score is that of the k-th, within 1e-6 of it, or better; where fewer than k
        match, they are all that is to be found.
        """
        total = 0.0
        for ids, scores, answer in zip(self.ids, self.scores, found):
            wanted = int(numpy.count_nonzero(scores[:k] > 0))
            if wanted == 0:
                total += 1
                continue
            good = set(ids[scores >= scores[wanted - 1] * (1 - 1e-6)].tolist())
            total += min(wanted, len(good.intersection(answer[:k]))) / wanted
        return total / len(found)


def read_truth(folder, queries):
    with numpy.load(pathlib.Path(folder) / TRUTH) as stored:
        return Truth(stored["ids"][:queries], stored["scores"][:queries])


def exact(documents, queries, depth):
    """Scores every document for every query, some documents at a time."""
    depth = min(depth, documents.rows)
    ids = numpy.zeros((queries.rows, 0), numpy.int64)
    scores = numpy.zeros((queries.rows, 0))
    for begin in range(0, documents.rows, DOCUMENTS_AT_ONCE):
        end = min(documents.rows, begin + DOCUMENTS_AT_ONCE)
        by_term = documents.scipy(begin, end).T.tocsr()
        best = [
            best_of((queries.scipy(q, min(queries.rows, q + QUERIES_AT_ONCE)) @ by_term).toarray(), begin, depth)
            for q in range(0, queries.rows, QUERIES_AT_ONCE)
        ]
        ids = numpy.hstack([ids, numpy.vstack([part for part, _ in best])])
        scores = numpy.hstack([scores, numpy.vstack([part for _, part in best])])
        order = numpy.lexsort((ids, -scores), axis=1)[:, :depth]
        ids, scores = numpy.take_along_axis(ids, order, 1), numpy.take_along_axis(scores, order, 1)
    return Truth(ids.astype("<i4"), scores)


def best_of(sums, first_row, depth):
    """Rows and scores of each line's largest sums, in no order; of ties at the edge, the first rows."""
    if sums.shape[1] <= depth:
        return numpy.broadcast_to(numpy.arange(first_row, first_row + sums.shape[1]), sums.shape), sums
    rows = numpy.empty((len(sums), depth), numpy.int64)
    for line, values in enumerate(sums):
        least = numpy.partition(values, len(values) - depth)[len(values) - depth]
        above = numpy.flatnonzero(values > least)
        rows[line] = numpy.concatenate([above, numpy.flatnonzero(values == least)[: depth - len(above)]])
    return rows + first_row, numpy.take_along_axis(sums, rows, 1)


def write_truth(folder):
    folder = pathlib.Path(folder)
    truth = exact(read(folder / DOCUMENTS), read(folder / QUERIES), TRUTH_DEPTH)
    numpy.savez(folder / TRUTH, ids=truth.ids, scores=truth.scores)


def subset(source, out, documents, queries):
    """The first documents and queries of a folder, with their exact results."""
    source, out = pathlib.Path(source), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in ((DOCUMENTS, documents), (QUERIES, queries)):
        matrix = read(source / name)
        write(out / name, matrix.first(min(rows, matrix.rows)))
    write_truth(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    truth = commands.add_parser("truth", help="write gt.npz for all queries of a folder")
    truth.add_argument("vectors")
    cut = commands.add_parser("subset", help="copy the first rows of a folder, and write their gt.npz")
    cut.add_argument("vectors")
    cut.add_argument("out")
    cut.add_argument("--documents", type=int, required=True)
    cut.add_argument("--queries", type=int, default=1000)
    options = parser.parse_args()
    if options.command == "truth":
        write_truth(options.vectors)
    else:
        subset(options.vectors, options.out, options.documents, options.queries)


if __name__ == "__main__":
    main()
