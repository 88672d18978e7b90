package io.millrace.model.contract;

import java.util.List;
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
     * A projection to the vocabulary at every position, pooled over positions: (masked-)LM heads, TILDE.
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
     * without saturation it is uniCOIL, DeepCT, DeepImpact and BGE-M3.
     *
     * @param layers names of the checkpoint's linear layers, {@code weight} [out, in] and {@code bias} [out] each; all but
     *     the last, which has one output, are followed by ReLU
     * @param rectifier of the last layer's output
     * @param pooling of a token's weights where it stands more than once
     * @param saturation after the rectifier
     */
    record Mlp(List<String> layers, Rectifier rectifier, Pooling pooling, Saturation saturation, int outputs)
            implements HeadContract {
        /** Refuses an empty vocabulary and nameless layers. */
        public Mlp {
            checkOutputs(outputs);
            layers = List.copyOf(layers);
            if (layers.isEmpty() || layers.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException(
                        "layers is " + layers + ", but must name at least one layer of the checkpoint");
            }
        }
    }

    /**
     * EPIC's document side: log1p(softplus(logit · importance)) at every position, the largest of them, times the quality
     * σ(w·h + b) of the first state; a position's importance is log1p(softplus(w·h + b)) (MacAvaney et al. 2020, in the
     * order of learned-sparse-retrieval). Every term has a weight, so this head wants pruning.
     *
     * @param importance name of the layer that gives a position's importance
     * @param quality name of the layer that gives a document's quality
     */
    record Epic(String importance, String quality, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary and nameless layers. */
        public Epic {
            checkOutputs(outputs);
            if (importance.isBlank() || quality.isBlank()) {
                throw new IllegalArgumentException(
                        "importance and quality must name layers of the checkpoint, but are '" + importance + "' and '"
                                + quality + "'");
            }
        }
    }

    /**
     * SPARTA's document side: log1p(relu(E·h + b)) with the input embeddings E of terms, maximised over positions (Zhao et
     * al. 2021).
     *
     * @param bias name of a scalar tensor of the checkpoint; empty for none
     * @param dropped terms that never have a weight
     */
    record Sparta(String bias, List<Integer> dropped, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary and terms that are none. */
        public Sparta {
            checkOutputs(outputs);
            dropped = List.copyOf(dropped);
            for (int term : dropped) {
                if (term < 0 || term >= outputs) {
                    throw new IllegalArgumentException(
                            "dropped has term " + term + ", but terms lie in [0, " + outputs + ")");
                }
            }
        }
    }

    /**
     * No model: each token that occurs has its weight of a table, however often it occurs (inference-free queries).
     *
     * @param file of the table, beside the role's tokenizer: JSON, weights by term, such as OpenSearch's {@code idf.json};
     *     or safetensors with a tensor {@code weight} [outputs], as sentence-transformers' SparseStaticEmbedding saves it
     */
    record Table(String file, int outputs) implements HeadContract {
        /** Refuses an empty vocabulary and a file elsewhere. */
        public Table {
            checkOutputs(outputs);
            if (file.isBlank() || file.contains("/") || file.contains("\\")) {
                throw new IllegalArgumentException(
                        "file is '" + file + "', but must be the name of a file beside the tokenizer");
            }
        }
    }

    /**
     * No model: each token that occurs has the same weight.
     *
     * @param weight above 0 and finite
     * @param pooling whether a token that occurs more than once has it once, or as often
     */
    record Binary(double weight, Pooling pooling, int outputs) implements HeadContract {
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
