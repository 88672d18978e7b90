package io.millrace.deploy.bench.search;

import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Vectors of documents and queries from the files of a folder, each of them checked.
 *
 * @param folder where the files are
 * @param documents one a row
 * @param queries all of the folder, one a row
 * @param whole whether these are all documents of the folder
 */
record SearchCollection(Path folder, SparseMatrix documents, SparseMatrix queries, boolean whole) {
    static final String DOCUMENTS = "docs.csr";
    static final String QUERIES = "queries.csr";

    /**
     * Reads a folder.
     *
     * @param limit documents to keep, the first ones; 0 = all
     * @throws IOException if a file is missing, empty or damaged, or a vector breaks the rules of {@link SparseVector}
     */
    static SearchCollection read(Path folder, int limit) throws IOException {
        SparseMatrix all = matrix(folder, DOCUMENTS);
        int kept = limit == 0 ? all.rows() : Math.min(limit, all.rows());
        SparseMatrix documents = kept == all.rows() ? all : first(all, kept);
        SparseMatrix queries = matrix(folder, QUERIES);
        check(folder.resolve(DOCUMENTS), documents, all.columns());
        check(folder.resolve(QUERIES), queries, all.columns());
        return new SearchCollection(folder, documents, queries, kept == all.rows());
    }

    /** The first queries, as many as there are up to a number. */
    List<SparseVector> queries(int most) {
        return IntStream.range(0, Math.min(most, queries.rows()))
                .mapToObj(queries::row)
                .toList();
    }

    /** Largest weight of the documents; 0 if all of them are empty. */
    float largestWeight() {
        float largest = 0;
        for (float weight : documents.weights()) {
            largest = Math.max(largest, weight);
        }
        return largest;
    }

    private static SparseMatrix matrix(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new IOException("there is no file " + file + "; name a folder that holds " + DOCUMENTS + " and "
                    + QUERIES + ", sparse matrices as in the sparse track of BigANN");
        }
        SparseMatrix matrix = SparseMatrix.read(file);
        if (matrix.rows() == 0) {
            throw new IOException(file + " has no vectors, so there is nothing to measure; write it again");
        }
        return matrix;
    }

    private static SparseMatrix first(SparseMatrix all, int rows) {
        int end = all.offsets()[rows];
        return new SparseMatrix(
                all.columns(),
                Arrays.copyOf(all.offsets(), rows + 1),
                Arrays.copyOf(all.terms(), end),
                Arrays.copyOf(all.weights(), end));
    }

    private static void check(Path file, SparseMatrix matrix, int vocabulary) throws IOException {
        for (int row = 0; row < matrix.rows(); row++) {
            for (int i = matrix.offsets()[row]; i < matrix.offsets()[row + 1]; i++) {
                int term = matrix.terms()[i];
                if (term < 0 || term >= vocabulary) {
                    throw new IOException(file + ", row " + row + ", has term " + term + ", but the vocabulary of "
                            + DOCUMENTS + " has " + vocabulary + " terms; make both files with the same encoder");
                }
            }
            try {
                matrix.row(row);
            } catch (InvalidVectorException e) {
                throw new IOException(file + ", row " + row + ": " + e.getMessage(), e);
            }
        }
    }
}
