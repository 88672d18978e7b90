package io.millrace.model.architecture;

import java.util.List;

/**
 * What the members of BERT's family call the same tensors.
 *
 * @param prefix of the backbone's tensors
 * @param layers of the transformer layers, before their number
 * @param query projection of queries within a layer; likewise the following
 * @param key projection of keys
 * @param value projection of values
 * @param output projection of the attention's output
 * @param attentionNorm after the attention
 * @param expand first feed-forward layer
 * @param contract second feed-forward layer
 * @param feedForwardNorm after the feed-forward block
 * @param transformDense dense layer of the masked-LM head
 * @param transformNorm norm of the masked-LM head
 * @param projection weight of the masked-LM head's projection
 * @param bias of the projection
 * @param otherBias another name of the same
 * @param unused prefixes of tensors that play no part in a vector
 */
record BertNames(
        String prefix,
        String layers,
        String query,
        String key,
        String value,
        String output,
        String attentionNorm,
        String expand,
        String contract,
        String feedForwardNorm,
        String transformDense,
        String transformNorm,
        String projection,
        String bias,
        String otherBias,
        List<String> unused) {

    static final BertNames BERT = new BertNames(
            "bert.",
            "encoder.layer.",
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm",
            "cls.predictions.transform.dense",
            "cls.predictions.transform.LayerNorm",
            "cls.predictions.decoder.weight",
            "cls.predictions.bias",
            "cls.predictions.decoder.bias",
            List.of("bert.pooler.", "pooler.", "cls.seq_relationship.", "bert.embeddings.position_ids"));

    static final BertNames ROBERTA = new BertNames(
            "roberta.",
            BERT.layers,
            BERT.query,
            BERT.key,
            BERT.value,
            BERT.output,
            BERT.attentionNorm,
            BERT.expand,
            BERT.contract,
            BERT.feedForwardNorm,
            "lm_head.dense",
            "lm_head.layer_norm",
            "lm_head.decoder.weight",
            "lm_head.bias",
            "lm_head.decoder.bias",
            List.of("roberta.pooler.", "pooler.", "roberta.embeddings.position_ids"));

    static final BertNames DISTILBERT = new BertNames(
            "distilbert.",
            "transformer.layer.",
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm",
            "vocab_transform",
            "vocab_layer_norm",
            "vocab_projector.weight",
            "vocab_projector.bias",
            "vocab_projector.bias",
            List.of("distilbert.embeddings.position_ids"));
}
