"""Small seeded batches of sparse vectors, edge cases among them, for golden_objective.py."""

import numpy as np
import torch

COLUMNS = 48


class Batch:
    """Q queries with `group` documents each; weights are float32, everything computed from them float64."""

    def __init__(self, name, queries, documents, group, teacher, ids=None, positives=None):
        self.name, self.group, self.ids, self.positives = name, group, ids, positives
        self.query_rows, self.document_rows = queries, documents
        self.size = len(queries)
        self.teacher = torch.tensor(teacher, dtype=torch.float64).reshape(self.size, group)

    def leaves(self):
        """Dense [Q, V] and [Q · group, V], ready to be differentiated by."""
        return dense(self.query_rows).requires_grad_(), dense(self.document_rows).requires_grad_()

    def json(self):
        return {
            "columns": COLUMNS,
            "group": self.group,
            "queries": [row_json(row) for row in self.query_rows],
            "documents": [row_json(row) for row in self.document_rows],
            "teacher": self.teacher.flatten().tolist(),
            "ids": self.ids,
            "positives": self.positives,
        }


def dense(rows):
    matrix = torch.zeros(len(rows), COLUMNS, dtype=torch.float64)
    for i, row in enumerate(rows):
        for term, weight in row.items():
            matrix[i, term] = weight
    return matrix


def row_json(row):
    return [list(row.keys()), list(row.values())]


def stored(gradient, rows):
    """The slopes of the stored weights, row by row."""
    return [gradient[i, term].item() for i, row in enumerate(rows) for term in row]


def random_row(random, non_zeros, largest):
    terms = sorted(random.choice(COLUMNS, size=non_zeros, replace=False).tolist())
    return {t: float(np.float32(random.uniform(0.01, largest))) for t in terms}


def random_batch(name, seed, size, group, largest=2.0, teacher_scale=5.0):
    random = np.random.default_rng(seed)
    queries = [random_row(random, random.integers(2, 8), largest) for _ in range(size)]
    documents = [random_row(random, random.integers(3, 20), largest) for _ in range(size * group)]
    return Batch(name, queries, documents, group, random.normal(0, teacher_scale, size * group).tolist())


def batches():
    triples = random_batch("triples", 1, 4, 2)
    many = random_batch("many negatives", 2, 3, 5)
    zeros = random_batch("empty rows", 3, 4, 3)
    zeros.query_rows[1], zeros.document_rows[0], zeros.document_rows[7] = {}, {}, {}
    nothing = random_batch("every document empty", 4, 2, 2)
    nothing.document_rows[:] = [{}] * 4
    ties = random_batch("ties", 5, 3, 4)
    ties.document_rows[:] = [ties.document_rows[i // 4 * 4] for i in range(12)]
    ties.teacher[:] = 1.25
    some_ties = random_batch("some teacher ties", 6, 2, 4)
    some_ties.teacher[0] = torch.tensor([2.0, 2.0, -1.0, 3.0])
    large = random_batch("large scores", 7, 3, 4, largest=40.0, teacher_scale=60.0)
    small = random_batch("small weights", 8, 3, 3, largest=0.02, teacher_scale=1e-3)
    positives = random_batch("positives alone", 9, 5, 1)
    one = random_batch("one query", 10, 1, 3)
    single = random_batch("one query, one document", 11, 1, 1)
    # Document 100 is the positive of queries 0 and 3; 101 is a hard negative twice; query 2 is known to have 100, too, and
    # has a "negative" that is one of its positives.
    named = random_batch("named documents", 12, 4, 3)
    named.ids = [100, 101, 102, 103, 101, 104, 105, 106, 107, 100, 108, 102]
    named.positives = [[100], [103], [105, 100, 107], [100, 999]]
    named.document_rows[9] = named.document_rows[0]
    named.document_rows[4] = named.document_rows[1]
    named.document_rows[11] = named.document_rows[2]
    return [triples, many, zeros, nothing, ties, some_ties, large, small, positives, one, single, named]
