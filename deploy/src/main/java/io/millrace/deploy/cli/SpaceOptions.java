package io.millrace.deploy.cli;

import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.SpaceKind;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --space} and the numbers of a hybrid one: which terms a new collection's vectors have. */
public final class SpaceOptions {
    /** Documents whose length is measured for a hybrid space. */
    public static final int SAMPLE_DOCUMENTS = 1_000;

    /** Bytes of text after which no more are read for that. */
    public static final long SAMPLE_BYTES = 4 << 20;

    /** Which terms vectors have. */
    public enum Space {
        /** The model's alone. */
        LEARNED(SpaceKind.SPACE_KIND_LEARNED),
        /** The model's and the words of the text. */
        HYBRID(SpaceKind.SPACE_KIND_HYBRID);

        private final SpaceKind wire;

        Space(SpaceKind wire) {
            this.wire = wire;
        }

        /** As requests spell it. */
        public SpaceKind wire() {
            return wire;
        }
    }

    @Option(
            names = "--space",
            paramLabel = "learned|hybrid",
            description =
                    "Terms of a new collection: learned has the model's alone, hybrid the words of the text (BM25)"
                            + " beside them. Default: hybrid, if the model allows it.")
    private @Nullable Space space;

    @Mixin
    private final HybridOptions hybrid = new HybridOptions();

    /** Whether any of them was given. */
    public boolean given() {
        return space != null || hybrid.given();
    }

    /** Whether a sample of documents would be looked at. */
    public boolean wantsSample() {
        return space != Space.LEARNED && !hybrid.choice().hasAverageLength();
    }

    /** Adds what was chosen to a request. */
    public CreateCollectionRequest.Builder apply(CreateCollectionRequest.Builder request) {
        if (space != null) {
            request.setSpace(space.wire);
        }
        if (hybrid.given()) {
            request.setHybrid(hybrid.choice());
        }
        return request;
    }
}
