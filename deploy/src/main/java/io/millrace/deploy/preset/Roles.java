package io.millrace.deploy.preset;

import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import java.util.List;

/** What presets have in common, and the small changes that tell them apart. */
final class Roles {
    private Roles() {}

    /**
     * A role in the making.
     *
     * @param facts of the checkpoint
     * @param text to tokens
     * @param reading tokens to states
     * @param head states to weights
     * @param topTerms most terms kept; 0 = all
     */
    record Draft(CheckpointFacts facts, TextContract text, ReadingContract reading, HeadContract head, int topTerms) {
        /** The family's reading, control tokens left out, nothing pruned. */
        Draft(CheckpointFacts facts, HeadContract head, int tokens) {
            this(
                    facts,
                    TextContract.cutAt(facts.atMost(tokens)),
                    ReadingContract.of(facts.readings().getFirst(), SpecialTokenPolicy.MASK),
                    head,
                    0);
        }

        RoleContract role() {
            return new RoleContract(text, reading, head, PruningContract.top(topTerms));
        }

        private Draft reading(ReadingMode mode, Positions positions, SpecialTokenPolicy policy) {
            ReadingContract changed = new ReadingContract(mode, Alignment.INVARIANT, positions, policy);
            return new Draft(facts, text, changed, head, topTerms);
        }

        private Draft head(HeadContract changed) {
            return new Draft(facts, text, reading, changed, topTerms);
        }

        /** Control tokens count. */
        Draft keeping() {
            return reading(reading.mode(), reading.positions(), SpecialTokenPolicy.KEEP);
        }

        /** Control tokens do not count. */
        Draft masking() {
            return reading(reading.mode(), reading.positions(), SpecialTokenPolicy.MASK);
        }

        Draft at(Positions positions) {
            return reading(reading.mode(), positions, reading.specialTokens());
        }

        Draft read(ReadingMode mode) {
            return reading(mode, reading.positions(), reading.specialTokens());
        }

        Draft prefix(String prefix) {
            TextContract changed = new TextContract(
                    prefix, text.suffix(), text.template(), text.maxTokens(), text.maxChunks(), text.overlapTokens());
            return new Draft(facts, changed, reading, head, topTerms);
        }

        /** Without the tokenizer's opening and closing tokens. */
        Draft bare() {
            TextContract changed = new TextContract(
                    text.prefix(), text.suffix(), false, text.maxTokens(), text.maxChunks(), text.overlapTokens());
            return new Draft(facts, changed, reading, head, topTerms);
        }

        Draft top(int terms) {
            return new Draft(facts, text, reading, head, terms);
        }

        Draft saturated(Saturation saturation) {
            return head(new HeadContract.Mlm(Pooling.MAX, saturation, LogitAffine.IDENTITY, facts.terms()));
        }

        Draft scaled(LogitAffine logits) {
            return head(new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, logits, facts.terms()));
        }

        /** For a head of one weight a token. */
        Draft giving(Rectifier rectifier, Pooling pooling, Saturation saturation) {
            if (!(head instanceof HeadContract.Mlp mlp)) {
                throw new IllegalStateException("only an mlp head gives one weight a token, not " + head.kind());
            }
            return head(new HeadContract.Mlp(mlp.layers(), rectifier, pooling, saturation, facts.terms()));
        }
    }

    /** log(1 + relu(logit)), the largest of all positions, control tokens counted as naver's SPLADE does. */
    static Draft mlm(CheckpointFacts facts, int tokens) {
        HeadContract head = new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, facts.terms());
        return new Draft(facts, head, tokens).keeping();
    }

    /** relu of one weight a token, the largest where it stands more than once, control tokens left out. */
    static Draft mlp(CheckpointFacts facts, List<String> layers, int tokens) {
        HeadContract head = new HeadContract.Mlp(layers, Rectifier.RELU, Pooling.MAX, Saturation.NONE, facts.terms());
        return new Draft(facts, head, tokens);
    }

    static RoleContract binary(CheckpointFacts facts, double weight, Pooling pooling, int tokens) {
        return new Draft(facts, new HeadContract.Binary(weight, pooling, facts.terms()), tokens).role();
    }

    static RoleContract table(CheckpointFacts facts, String file, int tokens) {
        return new Draft(facts, new HeadContract.Table(file, facts.terms()), tokens).role();
    }

    /** LACONIC's lengths; a text that is read twice takes twice its positions. */
    static Draft decoder(CheckpointFacts facts, ReadingMode mode) {
        int tokens = Math.min(192, mode == ReadingMode.ECHO ? facts.maxPositions() / 2 : facts.maxPositions());
        return mlm(facts, tokens).read(mode).bare();
    }

    /** T5 keeps its closing token, the others leave control tokens out. */
    static Draft decoder4Lsr(CheckpointFacts facts) {
        return facts.readings().contains(ReadingMode.ENCODER_DECODER_MULTI)
                ? mlm(facts, 250).read(ReadingMode.ENCODER_DECODER_MULTI)
                : mlm(facts, 250).masking();
    }
}
