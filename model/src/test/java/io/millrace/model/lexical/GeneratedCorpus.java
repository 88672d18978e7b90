package io.millrace.model.lexical;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Documents of words that occur about as often as words do: the n-th with probability about 1 / n. */
public record GeneratedCorpus(List<String> documents, List<String> queries) {
    private static final int WORDS = 400;

    /** So many documents of random length. */
    public static GeneratedCorpus of(long seed, int count, int shortest, int longest) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            documents.add(words(random, random.nextInt(shortest, longest + 1)));
        }
        List<String> queries = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            queries.add(words(random, random.nextInt(1, 9)));
        }
        return new GeneratedCorpus(documents, queries);
    }

    private static String words(SplittableRandom random, int length) {
        return IntStream.range(0, length)
                .mapToObj(i -> "Word" + (int) Math.pow(WORDS, random.nextDouble()))
                .collect(Collectors.joining(" "));
    }

    /** The model of these documents. */
    CorpusStatistics.Summary write(Path folder, TextAnalysis analysis) throws IOException {
        CorpusStatistics statistics = new CorpusStatistics(new LexicalSettings("generated", analysis, Bm25.ANSERINI));
        documents.forEach(statistics::add);
        return statistics.write(folder);
    }
}
