package io.millrace.model.layout;

import io.millrace.model.contract.EncodingContract;
import java.util.List;

/**
 * A contract that nobody wrote down, and where its parts come from.
 *
 * @param contract without digests
 * @param reasons one sentence each
 */
public record DerivedContract(EncodingContract contract, List<String> reasons) {
    /** Copies the list. */
    public DerivedContract {
        reasons = List.copyOf(reasons);
    }

    /** The contract as {@code millrace.json} spells it, and the reasons, one a line. */
    @Override
    public String toString() {
        return contract + String.join("\n", reasons);
    }
}
