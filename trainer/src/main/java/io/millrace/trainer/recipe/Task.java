package io.millrace.trainer.recipe;

import io.millrace.model.learning.LanguageWeights;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.lexical.LexicalFloors;
import io.millrace.trainer.objective.Objective;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a model is to learn. */
public sealed interface Task {
    /**
     * To rank documents for queries.
     *
     * @param objective what is minimised
     * @param data what is learned from
     * @param sampling how a query's candidates are drawn
     * @param floors what holds up the weights of texts' own tokens; empty for nothing
     */
    record Ranking(Objective objective, List<DataRecipe> data, SamplingRules sampling, Optional<LexicalFloors> floors)
            implements Task {
        /** Copies the list. */
        public Ranking {
            data = List.copyOf(data);
        }
    }

    /**
     * To predict the next token of passages, by logits and by rectified logits: what makes a decoder ready for a sparse head
     * (CSPLADE, §3.1).
     *
     * @param passages file of them, JSON lines as BEIR's or {@code id TAB text}
     * @param repair of their texts
     * @param sequenceTokens tokens of a sequence; passages follow each other until it is full
     * @param weights of the two cross-entropies
     */
    record Adaptation(Path passages, TextRepair repair, int sequenceTokens, LanguageWeights weights) implements Task {}
}
