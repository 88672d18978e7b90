package io.millrace.model.layout;

import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import java.util.Optional;

/** Which module of sentence-transformers does what a role's contract says. */
public enum SavedModule {
    /** A transformer with a masked-LM head, which SpladePooling follows. */
    TRANSFORMER("MLMTransformer"),
    /** A table of weights by token. */
    TABLE("SparseStaticEmbedding");

    private final String type;

    SavedModule(String type) {
        this.type = type;
    }

    /** The class, without its package. */
    String type() {
        return type;
    }

    /** Sub-directory of the module of a role, as a Router names it. */
    public String directory(String role) {
        return role + "_0_" + type;
    }

    /** The module for a role; empty if there is none, and the contract then stays ours alone. */
    public static Optional<SavedModule> of(RoleContract role) {
        boolean plain = role.text().suffix().isEmpty() && !role.pruning().inputTermsOnly();
        boolean kept = role.reading().specialTokens() == SpecialTokenPolicy.KEEP;
        return switch (role.head()) {
            // The table's module adds no control tokens, which is the same where they have no weight.
            case HeadContract.Table table when plain && role.text().template() != kept -> Optional.of(TABLE);
            case HeadContract.Mlm mlm
            when plain
                    && kept
                    && role.text().template()
                    && role.reading().mode() == ReadingMode.ENCODER
                    && role.reading().positions() == Positions.ALL
                    && mlm.saturation().logarithms() > 0
                    && mlm.logits().equals(LogitAffine.IDENTITY) -> Optional.of(TRANSFORMER);
            default -> Optional.empty();
        };
    }

    /** Whether sentence-transformers can prune so: not at all, or to the heaviest terms. */
    static boolean prunes(PruningContract pruning) {
        return pruning.equals(PruningContract.top(pruning.topTerms()));
    }
}
