package io.millrace.benchmarks;

import io.millrace.deploy.quickstart.WordNetGlosses;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Makes a folder of real vectors to measure searches on: all passages of some collections and the definitions of WordNet, and
 * some of the collections' queries, by one encoder. Long documents are cut into passages of {@value #PASSAGE_WORDS} words.
 */
public final class CollectionVectors {
    private static final int PASSAGE_WORDS = 50;
    private static final int MAX_TOKENS = 128;
    private static final int WINDOW = 256;
    private static final long SEED = 7;

    private CollectionVectors() {}

    /** {@code OUT MODEL QUERIES DATA_DIR...}: folders in BEIR's layout. */
    public static void main(String[] args) throws IOException {
        if (args.length < 4) {
            System.err.println("usage: CollectionVectors OUT MODEL QUERIES DATA_DIR...");
            System.exit(2);
        }
        Path out = Files.createDirectories(Path.of(args[0]));
        List<String> passages = new ArrayList<>();
        List<String> queries = new ArrayList<>();
        for (String folder : Arrays.asList(args).subList(3, args.length)) {
            BeirFolder collection = new BeirFolder(Path.of(folder));
            collection.contents(Integer.MAX_VALUE).forEach(text -> cut(text, passages));
            queries.addAll(collection.queries().values());
        }
        WordNetGlosses.open(WordNetGlosses.TOTAL)
                .forEachRemaining(gloss -> passages.add(gloss.getSource().getText()));
        // Neither order is to help an index: documents of one collection lie together, and so do queries.
        Collections.shuffle(passages, new Random(SEED));
        Collections.shuffle(queries, new Random(SEED));
        EncoderOptions options = EncoderOptions.defaults().withMaxTokens(MAX_TOKENS);
        try (SparseEncoder encoder = SparseEncoders.open(Path.of(args[1]), options)) {
            SparseMatrix documents = encode(encoder, passages, TextRole.DOCUMENT);
            documents.write(out.resolve("docs.csr"));
            List<String> some = queries.subList(0, Math.min(Integer.parseInt(args[2]), queries.size()));
            SparseMatrix asked = encode(encoder, some, TextRole.QUERY);
            asked.write(out.resolve("queries.csr"));
            System.out.printf(
                    "%d passages of %.1f terms, %d queries of %.1f%n",
                    documents.rows(),
                    (double) documents.terms().length / documents.rows(),
                    asked.rows(),
                    (double) asked.terms().length / asked.rows());
        }
    }

    private static void cut(String text, List<String> passages) {
        String[] words = text.strip().split("\\s+");
        for (int from = 0; from < words.length; from += PASSAGE_WORDS) {
            passages.add(String.join(
                    " ", Arrays.asList(words).subList(from, Math.min(words.length, from + PASSAGE_WORDS))));
        }
    }

    private static SparseMatrix encode(SparseEncoder encoder, List<String> texts, TextRole role) {
        List<SparseVector> vectors = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += WINDOW) {
            List<String> window = texts.subList(from, Math.min(from + WINDOW, texts.size()));
            vectors.addAll(encoder.encode(encoder.tokenize(window, role), role));
            if (from % (WINDOW * 100) == 0) {
                System.err.println(from + " of " + texts.size());
            }
        }
        return SparseMatrix.of(vectors, encoder.vocabularySize());
    }
}
