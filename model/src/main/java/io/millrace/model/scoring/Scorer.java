package io.millrace.model.scoring;

import io.millrace.model.EncoderOptions;
import io.millrace.model.layout.DenseLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Says how well documents answer queries. Safe for many threads. */
public sealed interface Scorer extends AutoCloseable permits PairScorer, DenseScorer {
    /**
     * Loads a model of either kind: a bi-encoder where {@code modules.json} names a Pooling, else one that reads query and
     * document together.
     *
     * @throws io.millrace.model.InvalidModelException if the checkpoint is damaged or of neither kind
     * @throws IOException if a file cannot be read
     */
    static Scorer open(Path directory, EncoderOptions options) throws IOException {
        return DenseLayout.is(directory) ? DenseScorer.open(directory, options) : PairScorer.open(directory, options);
    }

    /** Scores of pairs, in order. */
    float[] score(List<TextPair> pairs);

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    void close();
}
