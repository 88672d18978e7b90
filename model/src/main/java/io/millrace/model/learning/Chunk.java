package io.millrace.model.learning;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.TextRole;
import io.millrace.model.backbone.Drops;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import io.millrace.model.head.learned.LearnedRow;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Some of a step's texts, which are computed at once. Used by one thread at a time. */
final class Chunk {
    private final TextRole role;
    private final int[] rows;
    private final ModelInput input;
    private final Optional<Drops> drops;
    private List<LearnedRow> vectors = List.of();
    private @Nullable PtNDManager scope;
    private @Nullable Pooled pooled;

    /**
     * Nothing is computed yet.
     *
     * @param rows place of each text in the step
     * @param input the texts
     * @param drops what dropout leaves out
     */
    Chunk(TextRole role, int[] rows, ModelInput input, Optional<Drops> drops) {
        this.role = role;
        this.rows = rows;
        this.input = input;
        this.drops = drops;
    }

    TextRole role() {
        return role;
    }

    int[] rows() {
        return rows;
    }

    ModelInput input() {
        return input;
    }

    Optional<Drops> drops() {
        return drops;
    }

    List<LearnedRow> vectors() {
        return vectors;
    }

    /** Keeps the vectors alone. */
    void computed(List<LearnedRow> computed) {
        vectors = List.copyOf(computed);
    }

    /** Keeps what gradients need. */
    void remember(PtNDManager held, Pooled result) {
        scope = held;
        pooled = result;
    }

    /** What gradients need, if it was kept. */
    Optional<Pooled> pooled() {
        return Optional.ofNullable(pooled);
    }

    /** Frees what gradients need. Idempotent. */
    void forget() {
        if (scope != null) {
            scope.close();
        }
        scope = null;
        pooled = null;
    }
}
