package io.millrace.model;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.head.screening.ScreeningReport;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A checkpoint, ready to encode. Safe for many threads. */
final class CheckpointEncoder implements SparseEncoder {
    private final Checkpoint checkpoint;
    private final Map<TextRole, RoleEncoder> roles;
    private final Resources resources;
    private final EncoderOptions options;
    private final String spaceId;

    /**
     * Over the loaded parts.
     *
     * @param roles one for each role
     * @param resources what {@link #close} frees
     */
    CheckpointEncoder(
            Checkpoint checkpoint, Map<TextRole, RoleEncoder> roles, Resources resources, EncoderOptions options) {
        this.checkpoint = checkpoint;
        this.roles = roles;
        this.resources = resources;
        this.options = options;
        this.spaceId = checkpoint.spaceId();
    }

    private RoleEncoder role(TextRole role) {
        return Objects.requireNonNull(roles.get(role));
    }

    @Override
    public String name() {
        return checkpoint.contract().name();
    }

    @Override
    public String spaceId() {
        return spaceId;
    }

    @Override
    public int vocabularySize() {
        return Math.max(
                checkpoint.contract().query().head().outputs(),
                checkpoint.contract().document().head().outputs());
    }

    @Override
    public int maxTokens(TextRole role) {
        return checkpoint.contract().role(role).maxTokens();
    }

    @Override
    public boolean needsInference(TextRole role) {
        return role(role).inference();
    }

    @Override
    public String device() {
        if (roles.values().stream().noneMatch(RoleEncoder::inference)) {
            return options.device() + " (tables only)";
        }
        return options.device() + " (" + options.threads() + (options.threads() == 1 ? " thread)" : " threads)");
    }

    @Override
    public Optional<ScreeningReport> screening(TextRole role) {
        return role(role).pieces().screening();
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        return role(role).tokenize(texts);
    }

    @Override
    public List<SparseVector> encodePieces(List<int[]> pieces, TextRole role) {
        return role(role).pieces().encode(pieces);
    }

    @Override
    public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
        return role(role).join(text, pieces);
    }

    @Override
    public String term(int termId) {
        return checkpoint.vocabulary().term(termId);
    }

    @Override
    public void close() {
        resources.close();
    }
}
