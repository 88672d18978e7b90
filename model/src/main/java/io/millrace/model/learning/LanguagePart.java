package io.millrace.model.learning;

import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.backbone.LearnedBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.head.learned.LearnedProjection;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A decoder as the language model that it was before. Its backbone is made when it is first asked for: its tables are of the
 * longest text that the model reads at all, and most runs never predict a token. Used by one thread.
 */
final class LanguagePart implements AutoCloseable {
    private final KernelLibrary kernels;
    private final BackboneSpec spec;
    private final LearnedProjection projection;
    private final int maxTokens;
    private @Nullable LearnedBackbone backbone;

    /**
     * Nothing is made yet.
     *
     * @param spec of the causal reading
     * @param projection to the vocabulary
     * @param maxTokens longest sequence
     */
    LanguagePart(KernelLibrary kernels, BackboneSpec spec, LearnedProjection projection, int maxTokens) {
        this.kernels = kernels;
        this.spec = spec;
        this.projection = projection;
        this.maxTokens = maxTokens;
    }

    LearnedBackbone backbone() {
        if (backbone == null) {
            backbone = new LearnedBackbone(kernels, spec, maxTokens);
        }
        return backbone;
    }

    LearnedProjection projection() {
        return projection;
    }

    int maxTokens() {
        return maxTokens;
    }

    /** Every position is looked at, and sees what is before it. */
    static InputLayout layout() {
        ReadingContract reading =
                new ReadingContract(ReadingMode.CAUSAL, Alignment.INVARIANT, Positions.ALL, SpecialTokenPolicy.KEEP);
        return new InputLayout(reading, new BitSet(), 0, 0);
    }

    @Override
    public void close() {
        if (backbone != null) {
            backbone.close();
        }
    }
}
