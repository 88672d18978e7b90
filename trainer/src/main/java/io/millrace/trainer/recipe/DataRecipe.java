package io.millrace.trainer.recipe;

import io.millrace.trainer.data.format.TextRepair;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where examples come from; the formats are described in {@code trainer/README.md}. */
public sealed interface DataRecipe {
    /** What is done to texts before they are used. */
    TextRepair repair();

    /** Groups with teacher scores, a line each (OpenSearch): {@code query}, {@code docs}, {@code scores}. */
    record Distillation(Path file, boolean bestFirst, TextRepair repair) implements DataRecipe {}

    /** Groups without scores, a line each: {@code query}, {@code pos}, {@code negs}. */
    record Contrastive(Path file, TextRepair repair) implements DataRecipe {}

    /** {@code query TAB positive TAB negative}. */
    record Triples(Path file, TextRepair repair) implements DataRecipe {}

    /**
     * Triples, or hard negatives with their positives, by id.
     *
     * @param kind which of both
     * @param file {@code query TAB positive TAB negative}, or JSON lines as sentence-transformers' {@code
     *     msmarco-hard-negatives}
     * @param queries file of the queries
     * @param documents file of the documents
     * @param judgements what is relevant, and so no negative; empty if it is not known
     * @param systems whose hard negatives; empty for all
     * @param teachers as of {@link Judged}
     */
    record ById(
            IdKind kind,
            Path file,
            Path queries,
            Path documents,
            Optional<Path> judgements,
            List<String> systems,
            List<Teacher> teachers,
            TextRepair repair)
            implements DataRecipe {
        /** Copies the lists. */
        public ById {
            systems = List.copyOf(systems);
            teachers = List.copyOf(teachers);
        }
    }

    /** What a file of ids holds. */
    enum IdKind {
        TRIPLES,
        HARD_NEGATIVES
    }

    /**
     * Judged queries of a collection.
     *
     * @param queries file of the queries
     * @param documents file of the documents
     * @param judgements file of the judgements
     * @param sharedIds whether a document with a query's id is the query itself, as in BEIR
     * @param negatives where negatives come from
     * @param teachers whose scores are taught; several make a min-max ensemble; none where nobody teaches
     */
    record Judged(
            Path queries,
            Path documents,
            Path judgements,
            boolean sharedIds,
            Negatives negatives,
            List<Teacher> teachers,
            TextRepair repair)
            implements DataRecipe {
        /** Copies the list. */
        public Judged {
            teachers = List.copyOf(teachers);
        }
    }

    /**
     * Where negatives of judged queries come from.
     *
     * @param mined file of hard negatives; empty to draw from what the teacher scored, or, without one, from all documents
     * @param systems whose hard negatives; empty for all
     */
    record Negatives(Optional<Path> mined, List<String> systems) {
        /** Copies the list. */
        public Negatives {
            systems = List.copyOf(systems);
        }
    }

    /**
     * A teacher's scores.
     *
     * @param scores file of them
     * @param reference file of scores whose mean and standard deviation they are brought to; empty to leave them
     */
    record Teacher(Path scores, Optional<Path> reference) {}
}
