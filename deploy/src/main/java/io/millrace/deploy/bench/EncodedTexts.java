package io.millrace.deploy.bench;

import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Vectors of one run.
 *
 * @param documents in the order of the corpus
 * @param queries in the order in which they were given
 */
record EncodedTexts(List<SparseVector> documents, List<SparseVector> queries) {
    /** No run yet. */
    static final EncodedTexts NONE = new EncodedTexts(List.of(), List.of());

    private static final int BLOCK = 1_024;
    private static final int TOP_TERMS = 10;

    /** A temporary folder for vectors, removed when closed. */
    record Folder(Path path) implements AutoCloseable {
        static Folder create() throws IOException {
            return new Folder(Files.createTempDirectory("millrace-bench"));
        }

        Path file(String name) {
            return path.resolve(name);
        }

        @Override
        public void close() throws IOException {
            try (Stream<Path> files = Files.list(path)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(path);
        }
    }

    static void write(Path file, List<SparseVector> documents, List<SparseVector> queries) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            write(out, documents);
            write(out, queries);
        }
    }

    private static void write(DataOutputStream out, List<SparseVector> vectors) throws IOException {
        out.writeInt(vectors.size());
        for (int from = 0; from < vectors.size(); from += BLOCK) {
            byte[] block = VectorBlockCodec.encode(vectors.subList(from, Math.min(from + BLOCK, vectors.size())));
            out.writeInt(block.length);
            out.write(block);
        }
    }

    static EncodedTexts read(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            return new EncodedTexts(readVectors(in), readVectors(in));
        }
    }

    private static List<SparseVector> readVectors(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<SparseVector> vectors = new ArrayList<>(count);
        while (vectors.size() < count) {
            byte[] block = in.readNBytes(in.readInt());
            vectors.addAll(VectorBlockCodec.decode(block, Math.min(BLOCK, count - vectors.size())));
        }
        return vectors;
    }

    /** How far the documents' vectors are from those of another run. */
    Map<String, Object> comparedWith(EncodedTexts reference) {
        double[] cosines = new double[documents.size()];
        double[] overlaps = new double[documents.size()];
        double largest = 0;
        for (int i = 0; i < cosines.length; i++) {
            SparseVector ours = documents.get(i);
            SparseVector theirs = reference.documents.get(i);
            cosines[i] = cosine(ours, theirs);
            overlaps[i] = overlap(ours, theirs);
            largest = Math.max(largest, difference(ours, theirs));
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("meanCosine", mean(cosines));
        result.put(
                "leastCosine",
                IntStream.range(0, cosines.length)
                        .mapToDouble(i -> cosines[i])
                        .min()
                        .orElse(1));
        result.put("sameTopTerms", mean(overlaps));
        result.put("largestDifference", largest);
        return result;
    }

    private static double mean(double[] values) {
        return java.util.Arrays.stream(values).average().orElse(1);
    }

    private static double cosine(SparseVector a, SparseVector b) {
        double norms = Math.sqrt(a.dot(a)) * Math.sqrt(b.dot(b));
        return norms == 0 ? (a.size() == b.size() ? 1 : 0) : a.dot(b) / norms;
    }

    /** Share of the ten heaviest terms of {@code b} that are among those of {@code a}. */
    private static double overlap(SparseVector a, SparseVector b) {
        Set<Integer> expected = heaviest(b);
        long common = heaviest(a).stream().filter(expected::contains).count();
        return expected.isEmpty() ? 1 : (double) common / expected.size();
    }

    private static Set<Integer> heaviest(SparseVector vector) {
        return IntStream.range(0, vector.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -vector.weights()[i]))
                .limit(TOP_TERMS)
                .map(i -> vector.ids()[i])
                .collect(Collectors.toSet());
    }

    private static double difference(SparseVector a, SparseVector b) {
        return IntStream.concat(IntStream.of(a.ids()), IntStream.of(b.ids()))
                .mapToDouble(id -> Math.abs((double) a.weight(id) - b.weight(id)))
                .max()
                .orElse(0);
    }
}
