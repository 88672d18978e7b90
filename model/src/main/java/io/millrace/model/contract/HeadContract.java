package io.millrace.model.contract;

import java.util.Locale;

/** How hidden states, or tokens alone, become the weights of terms. */
public sealed interface HeadContract {
    /** Number of terms, ids [0, outputs). Rows of a projection beyond them belong to no term and are left out. */
    int outputs();

    /** Whether hidden states are needed, rather than tokens alone. */
    default boolean needsModel() {
        return !(this instanceof Table) && !(this instanceof Binary);
    }

    /** Name of the kind, as {@code millrace.json} spells it. */
    default String kind() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /**
     * A projection to the vocabulary at every position, pooled over positions: (masked-)LM heads, SPARTA, TILDE.
     *
     * @param pooling over the positions of a text
     * @param saturation after ReLU
     * @param logits map before ReLU
     */
    record Mlm(Pooling pooling, Saturation saturation, LogitAffine logits, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary. */
        public Mlm {
            checkOutputs(outputs);
        }
    }

    /**
     * One weight a position, given to the token that stands there; no expansion. Over expanded documents this is expMLP;
     * without saturation it is uniCOIL, DeepCT and BGE-M3.
     *
     * @param linear name under which the checkpoint holds the layer, such as {@code tok_proj}: {@code weight} [1, H] and
     *     {@code bias} [1]
     * @param pooling of a token's weights where it stands more than once
     * @param saturation after ReLU
     */
    record Mlp(String linear, Pooling pooling, Saturation saturation, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary and a nameless layer. */
        public Mlp {
            checkOutputs(outputs);
            if (linear.isBlank()) {
                throw new IllegalArgumentException("linear is empty, but must name a layer of the checkpoint");
            }
        }
    }

    /**
     * EPIC's document side: an MLM head through softplus and log1p, times the importance log1p(softplus(w·h + b)) of each
     * position, maximised over positions, times the quality σ(w·h + b) of the document's first state (MacAvaney et al.
     * 2020, as learned-sparse-retrieval has it).
     *
     * @param importance name of the layer that gives a position's importance
     * @param quality name of the layer that gives a document's quality
     */
    record Epic(String importance, String quality, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary. */
        public Epic {
            checkOutputs(outputs);
        }
    }

    /**
     * No model: each token that occurs has its weight of a table, however often it occurs (inference-free queries).
     *
     * @param file of the table in the checkpoint directory: {@code idf.json}, weights by term
     */
    record Table(String file, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary. */
        public Table {
            checkOutputs(outputs);
        }
    }

    /**
     * No model: each token that occurs has the same weight.
     *
     * @param weight above 0 and finite
     */
    record Binary(double weight, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary and a weight that is not above 0. */
        public Binary {
            checkOutputs(outputs);
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weight is " + weight + ", but must be finite and above 0");
            }
        }
    }

    private static void checkOutputs(int outputs) {
        if (outputs < 1) {
            throw new IllegalArgumentException("outputs is " + outputs + ", but a head has at least 1 term");
        }
    }
}
