package io.millrace.trainer.recipe;

import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import java.util.List;
import java.util.Optional;

/**
 * What of a checkpoint's contract a recipe changes.
 *
 * @param mode how both roles are read; empty for as the contract says
 * @param query head of queries; empty for the contract's
 * @param document head of documents; empty for the contract's
 * @param saturation after a changed head's ReLU
 * @param binary what a binary head gives tokens
 */
public record Reading(
        Optional<ReadingMode> mode,
        Optional<HeadKind> query,
        Optional<HeadKind> document,
        Saturation saturation,
        Binary binary) {
    /** Nothing is changed. */
    public static final Reading AS_IT_IS =
            new Reading(Optional.empty(), Optional.empty(), Optional.empty(), Saturation.LOG1P, Binary.ONES);

    /**
     * What a binary head gives tokens.
     *
     * @param weight the same for all; above 0
     * @param counted whether a token that occurs more than once has it as often
     */
    public record Binary(double weight, boolean counted) {
        /** 1 for what occurs. */
        public static final Binary ONES = new Binary(1, false);

        private HeadContract head(int outputs) {
            return new HeadContract.Binary(weight, counted ? Pooling.SUM : Pooling.MAX, outputs);
        }
    }

    /** Heads that a recipe can put in place of a checkpoint's. */
    public enum HeadKind {
        /** The language model's own, pooled by maximum. */
        MLM,
        /** A weight for each token that stands in the text, by a layer {@code linear} that begins at random if it is new. */
        MLP,
        /** No model: the same weight for each token that stands in the text. */
        BINARY
    }

    /** The contract with the changes. */
    public EncodingContract applied(EncodingContract contract) {
        return new EncodingContract(
                contract.name(),
                // Repeated tokens of a query add up, of a document the largest counts (Decoder4LSR's code).
                applied(contract.query(), query, Pooling.SUM),
                applied(contract.document(), document, Pooling.MAX),
                contract.digests());
    }

    private RoleContract applied(RoleContract role, Optional<HeadKind> kind, Pooling repeated) {
        ReadingContract reading = role.reading();
        ReadingContract changed = new ReadingContract(
                mode.orElse(reading.mode()), reading.alignment(), reading.positions(), reading.specialTokens());
        int outputs = role.head().outputs();
        HeadContract head = kind.<HeadContract>map(chosen -> switch (chosen) {
                    case MLM -> new HeadContract.Mlm(Pooling.MAX, saturation, LogitAffine.IDENTITY, outputs);
                    case MLP -> new HeadContract.Mlp(List.of("linear"), Rectifier.RELU, repeated, saturation, outputs);
                    case BINARY -> binary.head(outputs);
                })
                .orElse(role.head());
        return new RoleContract(role.checkpoint(), role.text(), changed, head, role.pruning());
    }
}
