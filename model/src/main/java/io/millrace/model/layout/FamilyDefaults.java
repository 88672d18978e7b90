package io.millrace.model.layout;

import io.millrace.model.architecture.Architecture;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the published code of a family of models does with it where the directory itself does not say. Each default is that
 * of the best model of the paper it comes from.
 */
final class FamilyDefaults {
    /** What SPLADE models on BERT are trained with (naver, {@code splade++}). */
    private static final int SPLADE_TOKENS = 256;

    /** Decoder4LSR's {@code config.yaml}, for queries and documents. */
    private static final int DECODER4LSR_TOKENS = 250;

    /** LACONIC's fine-tuning, for queries and passages. */
    private static final int LACONIC_TOKENS = 192;

    /** What LACONIC's recipe keeps of a vector: a decoder's logits are dense. */
    private static final int LACONIC_TERMS = 512;

    private final EncoderFiles files;
    private final List<String> reasons = new ArrayList<>();

    private FamilyDefaults(EncoderFiles files) {
        this.files = files;
    }

    /** Both roles of one transformer. */
    static DerivedRoles of(EncoderFiles files) throws IOException {
        return new FamilyDefaults(files).derive();
    }

    private DerivedRoles derive() throws IOException {
        Architecture architecture = files.transformer();
        RoleContract query;
        RoleContract document;
        switch (architecture.modelType()) {
            case "t5" -> {
                reasons.add("T5 is read as Decoder4LSR's best models are: encoder and decoder, one state a token, </s> "
                        + "counts; prefixes 'Query ' and 'Passage '; 250 tokens.");
                query = role("Query ", DECODER4LSR_TOKENS, ReadingMode.ENCODER_DECODER_MULTI, SpecialTokenPolicy.KEEP);
                document = role(
                        "Passage ", DECODER4LSR_TOKENS, ReadingMode.ENCODER_DECODER_MULTI, SpecialTokenPolicy.KEEP);
            }
            case "opt" -> {
                reasons.add("OPT is read as Decoder4LSR reads it: causally, without the state of its opening </s>; "
                        + "prefixes 'Query ' and 'Passage '; 250 tokens.");
                query = role("Query ", DECODER4LSR_TOKENS, ReadingMode.CAUSAL, SpecialTokenPolicy.MASK);
                document = role("Passage ", DECODER4LSR_TOKENS, ReadingMode.CAUSAL, SpecialTokenPolicy.MASK);
            }
            case "llama", "mistral", "qwen2", "qwen3" -> {
                ReadingMode mode = attention();
                reasons.add("The rest is LACONIC's: no opening token (its logits would drown all others), prefixes "
                        + "'query: ' and 'passage: ', 192 tokens, the 512 heaviest terms.");
                query = laconic("query: ", mode);
                document = laconic("passage: ", mode);
            }
            default -> {
                reasons.add(
                        "A " + architecture.modelType() + " is read as naver's SPLADE and sentence-transformers read "
                                + "it: the largest log1p(relu(logit)) over all positions, those of control tokens included.");
                reasons.add("max_tokens is what SPLADE models on BERT are trained with.");
                query = role("", SPLADE_TOKENS, architecture.readings().getFirst(), SpecialTokenPolicy.KEEP);
                document = query;
            }
        }
        vocabularyTail();
        return new DerivedRoles(query, document, reasons);
    }

    private ReadingMode attention() throws IOException {
        LayoutJson config = LayoutJson.read(files.directory().resolve(EncoderFiles.CONFIG));
        Optional<Boolean> causal = config.node().path("is_causal").isBoolean()
                ? Optional.of(config.isTrue("is_causal"))
                : Optional.empty();
        reasons.add(
                causal.isPresent()
                        ? "config.json says is_causal " + causal.get() + "."
                        : "Nothing says how far attention reaches; both ways is what the best models of CSPLADE and "
                                + "LACONIC are trained with. If this one was trained causally, set reading.mode to causal.");
        return causal.orElse(false) ? ReadingMode.CAUSAL : ReadingMode.BIDIRECTIONAL;
    }

    private void vocabularyTail() {
        int rows = files.transformer().vocabularySize();
        if (rows > files.vocabulary().size()) {
            reasons.add("outputs leaves out the " + (rows - files.vocabulary().size())
                    + " rows beyond the tokenizer's ids, which were never trained.");
        }
    }

    private RoleContract role(String prefix, int tokens, ReadingMode mode, SpecialTokenPolicy special) {
        return new RoleContract(
                new TextContract(prefix, "", true, positions(tokens), 1, 0),
                ReadingContract.of(mode, special),
                head(files, Pooling.MAX, Saturation.LOG1P),
                PruningContract.NONE);
    }

    private RoleContract laconic(String prefix, ReadingMode mode) {
        return new RoleContract(
                new TextContract(prefix, "", false, positions(LACONIC_TOKENS), 1, 0),
                ReadingContract.of(mode, SpecialTokenPolicy.KEEP),
                head(files, Pooling.MAX, Saturation.LOG1P),
                PruningContract.top(LACONIC_TERMS));
    }

    private int positions(int wanted) {
        return Math.min(wanted, files.transformer().maxPositions());
    }

    /** A language-model head over the tokenizer's ids. */
    static HeadContract.Mlm head(EncoderFiles files, Pooling pooling, Saturation saturation) {
        return new HeadContract.Mlm(
                pooling, saturation, LogitAffine.IDENTITY, files.vocabulary().size());
    }
}
