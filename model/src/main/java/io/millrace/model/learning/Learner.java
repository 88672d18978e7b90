package io.millrace.model.learning;

import io.millrace.model.engine.KernelLibrary;
import java.util.List;
import java.util.concurrent.Callable;

/** Weights that an optimiser changes, and the lanes in which their gradients come together. */
sealed interface Learner extends AutoCloseable permits LearnedEncoder, LearnedTokens {
    KernelLibrary kernels();

    LearnedWeights weights();

    List<Lane> lanes();

    /** Runs something on a thread that is ready for libtorch, while nothing is recorded. */
    <T> T call(Callable<T> task);

    /** What a step's learning rate is multiplied with. */
    double rateFactor();

    @Override
    void close();
}
