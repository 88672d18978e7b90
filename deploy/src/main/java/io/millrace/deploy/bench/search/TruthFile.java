package io.millrace.deploy.bench.search;

import io.millrace.vector.SparseVector;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The ground truth of a folder in a file: what {@code numpy.savez(file, ids=…, scores=…)} writes, with {@code ids} int32
 * [queries, K] and {@code scores} float64 or float32 of the same shape.
 *
 * @param path the file
 */
record TruthFile(Path path) {
    private static final String NAME = "gt.npz";
    private static final String IDS = "ids";
    private static final String SCORES = "scores";
    // Float32 scores are half a step of 6e-8 off; scores of other vectors are off by far more.
    private static final double TOLERANCE = 1e-5;

    /** The file of a folder, whether it is there or not. */
    static TruthFile in(Path folder) {
        return new TruthFile(folder.resolve(NAME));
    }

    boolean exists() {
        return Files.exists(path);
    }

    /**
     * Reads it.
     *
     * @param collection what it must be the truth of
     * @param k documents of each query that are needed
     * @throws IOException if it is damaged, too shallow, or about other vectors
     */
    GroundTruth read(SearchCollection collection, int k) throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            NpyArray ids = array(zip, IDS);
            NpyArray scores = array(zip, SCORES);
            int queries = collection.queries().rows();
            if (ids.type() != NpyArray.Type.INT32 || scores.type() == NpyArray.Type.INT32) {
                throw refused("has ids of type " + ids.type() + " and scores of type " + scores.type()
                        + ", but <i4 and <f8 or <f4 are needed");
            }
            if (ids.rows() != scores.rows() || ids.columns() != scores.columns()) {
                throw refused("has ids of shape " + shape(ids) + ", but scores of shape " + shape(scores));
            }
            if (ids.rows() != queries) {
                throw refused(
                        "is about " + ids.rows() + " queries, but " + SearchCollection.QUERIES + " has " + queries);
            }
            int documents = collection.documents().rows();
            if (ids.columns() < Math.min(k, documents) || ids.columns() > documents) {
                throw refused("has the best " + ids.columns() + " of " + documents + " documents, but k is " + k);
            }
            return truth(collection, ids, scores);
        } catch (ZipException e) {
            throw refused("is no zip of numpy arrays (" + e.getMessage() + ")");
        }
    }

    /** Writes it, whole or not at all. */
    void write(GroundTruth truth) throws IOException {
        ByteBuffer ids = little(truth.documents().length * Integer.BYTES);
        ByteBuffer scores = little(Math.multiplyExact(truth.scores().length, Double.BYTES));
        ids.asIntBuffer().put(truth.documents());
        scores.asDoubleBuffer().put(truth.scores());
        Path draft = path.resolveSibling(NAME + ".draft");
        try {
            try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(draft))) {
                zip.putNextEntry(new ZipEntry(IDS + ".npy"));
                zip.write(new NpyArray(NpyArray.Type.INT32, truth.queries(), truth.depth(), ids).toBytes());
                zip.putNextEntry(new ZipEntry(SCORES + ".npy"));
                zip.write(new NpyArray(NpyArray.Type.FLOAT64, truth.queries(), truth.depth(), scores).toBytes());
            }
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private NpyArray array(ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name + ".npy");
        if (entry == null) {
            throw refused("has no array '" + name + "'");
        }
        try (InputStream in = new BufferedInputStream(zip.getInputStream(entry))) {
            return NpyArray.read(in);
        } catch (IOException e) {
            throw refused("is damaged or of another form: its array '" + name + "' " + e.getMessage());
        }
    }

    private GroundTruth truth(SearchCollection collection, NpyArray ids, NpyArray scores) throws IOException {
        int depth = ids.columns();
        int[] documents = new int[ids.rows() * depth];
        double[] exact = new double[documents.length];
        ids.values().asIntBuffer().get(documents);
        for (int i = 0; i < exact.length; i++) {
            exact[i] = scores.type() == NpyArray.Type.FLOAT64
                    ? scores.values().getDouble(i * Double.BYTES)
                    : scores.values().getFloat(i * Float.BYTES);
            if (documents[i] < 0 || documents[i] >= collection.documents().rows()) {
                throw refused("names document " + documents[i] + " for query " + i / depth + ", but there are "
                        + collection.documents().rows());
            }
            double above = i % depth == 0 ? Double.MAX_VALUE : exact[i - 1];
            // Written so that NaN fails too.
            if (!(exact[i] >= 0 && exact[i] <= above)) {
                throw refused("has score " + exact[i] + " after " + above + " for query " + i / depth
                        + ", but scores are 0 or more and never rise");
            }
        }
        for (int query = 0; query < ids.rows(); query++) {
            SparseVector vector = collection.queries().row(query);
            for (int i : new int[] {query * depth, query * depth + depth - 1}) {
                double dot = vector.dot(collection.documents().row(documents[i]));
                if (Math.abs(dot - exact[i]) > TOLERANCE * dot) {
                    throw refused("is about other vectors: query " + query + " and document " + documents[i]
                            + " have the dot product " + dot + ", not " + exact[i]);
                }
            }
        }
        return new GroundTruth(depth, documents, exact);
    }

    private IOException refused(String why) {
        return new IOException(path + " " + why + "; remove it, and the exact scores are computed here");
    }

    private static String shape(NpyArray array) {
        return "(" + array.rows() + ", " + array.columns() + ")";
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
