package io.millrace.deploy.expand;

import io.millrace.deploy.local.ModelChoice;
import io.millrace.model.InvalidModelException;
import io.millrace.model.contract.TextContract;
import io.millrace.model.generation.Sampling;
import io.millrace.model.generation.TextGenerator;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Queries that a T5 writes for a text: doc2query (Nogueira et al. 2019) and docT5query (Nogueira and Lin 2019). The first
 * queries of many are the queries of few.
 */
final class QueryExpander implements TextExpander {
    /** What T5 is trained on; a longer document is cut. */
    private static final int MAX_TOKENS = 512;

    private final TextGenerator generator;
    private final List<Sampling> samplings;

    private QueryExpander(TextGenerator generator, List<Sampling> samplings) {
        this.generator = generator;
        this.samplings = samplings;
    }

    /**
     * Loads a T5.
     *
     * @param queries for each text, at least 1
     * @param sampling of one query; its seed decides those of all
     */
    static QueryExpander open(ModelChoice model, int queries, Sampling sampling) throws IOException {
        List<Sampling> samplings = new SplittableRandom(sampling.seed())
                .longs(queries)
                .mapToObj(sampling::withSeed)
                .toList();
        TextGenerator generator = TextGenerator.open(model.folder(), TextContract.cutAt(MAX_TOKENS), model.options());
        if (!generator.answers()) {
            generator.close();
            throw new InvalidModelException(model.folder() + " is no T5 but a model that goes on with a text, and would"
                    + " write no queries for it; name a T5 that was trained to, such as docT5query");
        }
        return new QueryExpander(generator, samplings);
    }

    @Override
    public List<String> expansions(List<String> texts) {
        return generator.generate(texts, samplings).stream()
                .map(queries -> queries.stream()
                        .map(String::strip)
                        .filter(query -> !query.isEmpty())
                        .collect(Collectors.joining(" ")))
                .toList();
    }

    @Override
    public void close() {
        generator.close();
    }
}
