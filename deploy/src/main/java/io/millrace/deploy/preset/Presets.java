package io.millrace.deploy.preset;

import static io.millrace.deploy.preset.Roles.binary;
import static io.millrace.deploy.preset.Roles.mlm;
import static io.millrace.deploy.preset.Roles.mlp;

import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import java.util.List;

/**
 * The table of presets. Lengths are those of the published code where it has them; a checkpoint with fewer positions gets
 * what it has. What a family's own files decide (heads tied or not, logit scales of T5 v1.0) is not here.
 */
final class Presets {
    static final List<Preset> ALL = List.of(
            new Preset(
                    "splade",
                    "SPLADE v2 and later, Formal et al. 2021, arXiv:2109.10086: MLM head, largest weight of all positions",
                    facts -> mlm(facts, 256).role(),
                    facts -> mlm(facts, 256).role()),
            new Preset(
                    "splade-doc",
                    "SPLADE-doc, Formal et al. 2021, arXiv:2109.10086: queries are their terms, without a model",
                    facts -> binary(facts, 1, Pooling.MAX, 256),
                    facts -> mlm(facts, 256).role()),
            new Preset(
                    "inference-free",
                    "OpenSearch doc-v1 and doc-v2, Geng et al. 2024, arXiv:2411.04403: queries are terms weighted by idf.json",
                    facts -> Roles.table(facts, "idf.json", 512),
                    facts -> mlm(facts, 512).role()),
            new Preset(
                    "inference-free-v3",
                    "OpenSearch doc-v3, Shen et al. 2025, arXiv:2504.14839: as inference-free, saturated twice",
                    facts -> Roles.table(facts, "idf.json", 512),
                    facts -> mlm(facts, 512).saturated(Saturation.DOUBLE_LOG1P).role()),
            new Preset(
                    "unicoil",
                    "uniCOIL, Lin and Ma 2021, arXiv:2106.14807: one weight a token. Here no control token counts, as in Tevatron;"
                            + " Pyserini lets [SEP] count. Documents are expanded beforehand",
                    facts -> mlp(facts, List.of("tok_proj"), 128).role(),
                    facts -> mlp(facts, List.of("tok_proj"), 512).role()),
            new Preset(
                    "deepct",
                    "DeepCT, Dai and Callan 2019, arXiv:1910.10687: one weight a token, queries are their terms. Here every"
                            + " piece of a word counts, the code weighs its first; the paper scales weights for BM25 instead",
                    facts -> binary(facts, 1, Pooling.SUM, 512),
                    facts -> mlp(facts, List.of("classifier"), 512).role()),
            new Preset(
                    "deepimpact",
                    "DeepImpact, Mallia et al. 2021, arXiv:2104.12016: two layers give one weight a token of a document"
                            + " expanded beforehand, queries are their terms. Here terms are pieces of words, not words",
                    facts -> binary(facts, 1, Pooling.MAX, 512),
                    facts -> mlp(facts, List.of("impact_score_encoder.0", "impact_score_encoder.3"), 512)
                            .role()),
            new Preset(
                    "sparta",
                    "SPARTA, Zhao et al. 2021, arXiv:2009.13013, as in BEIR: input embeddings against states, queries are"
                            + " their terms as often as they occur",
                    facts -> binary(facts, 1, Pooling.SUM, 512),
                    facts -> new Roles.Draft(facts, new HeadContract.Sparta("", facts.specialIds(), facts.terms()), 512)
                            .keeping()
                            .top(2_000)
                            .role()),
            new Preset(
                    "epic",
                    "EPIC, MacAvaney et al. 2020, arXiv:2004.14245, in the form of learned-sparse-retrieval: one weight a"
                            + " token of a query, importance and quality of a document, of whose terms 1,000 are kept",
                    facts -> mlp(facts, List.of("linear"), 512)
                            .giving(Rectifier.SOFTPLUS, Pooling.SUM, Saturation.LOG1P)
                            .role(),
                    facts -> new Roles.Draft(
                                    facts,
                                    new HeadContract.Epic(
                                            "term_importance.linear", "doc_quality.linear", facts.terms()),
                                    512)
                            .top(1_000)
                            .role()),
            new Preset(
                    "tilde",
                    "TILDE, Zhuang and Zuccon 2021, in the form of learned-sparse-retrieval: the logits at the first"
                            + " position, queries are their terms as often as they occur. The paper takes log-probabilities",
                    facts -> binary(facts, 1, Pooling.SUM, 512),
                    facts -> mlm(facts, 512).at(Positions.FIRST).role()),
            new Preset(
                    "bge-m3",
                    "BGE-M3's lexical weights, Chen et al. 2024, arXiv:2402.03216: sparse_linear.pt belongs into the"
                            + " safetensors as sparse_linear.weight and .bias",
                    facts -> mlp(facts, List.of("sparse_linear"), 8_192).role(),
                    facts -> mlp(facts, List.of("sparse_linear"), 8_192).role()),
            new Preset(
                    "csplade-bi",
                    "CSPLADE-Bi, Xu et al. 2025, arXiv:2504.10816: a decoder without its causal mask, no BOS, prefixes"
                            + " and lengths as its authors' later LACONIC",
                    facts -> Roles.decoder(facts, ReadingMode.BIDIRECTIONAL)
                            .prefix("query: ")
                            .role(),
                    facts -> Roles.decoder(facts, ReadingMode.BIDIRECTIONAL)
                            .prefix("passage: ")
                            .role()),
            new Preset(
                    "csplade-echo",
                    "CSPLADE-Echo, Xu et al. 2025, arXiv:2504.10816: a decoder reads the text twice; else as csplade-bi",
                    facts -> Roles.decoder(facts, ReadingMode.ECHO)
                            .prefix("query: ")
                            .role(),
                    facts -> Roles.decoder(facts, ReadingMode.ECHO)
                            .prefix("passage: ")
                            .role()),
            new Preset(
                    "lion",
                    "Lion-SP, Zeng et al. 2025, arXiv:2502.15526: bidirectional Llama, logits times H^-0.25",
                    facts -> lion(facts, 64),
                    facts -> lion(facts, 192)),
            new Preset(
                    "decoder4lsr",
                    "Decoder4LSR, Qiao et al. 2025: the reading that a T5 or a decoder is trained for"
                            + " (a T5's encoder and decoder both), prefixes in both roles",
                    facts -> Roles.decoder4Lsr(facts).prefix("Query ").role(),
                    facts -> Roles.decoder4Lsr(facts).prefix("Passage ").role()));

    private Presets() {}

    private static RoleContract lion(CheckpointFacts facts, int tokens) {
        return mlm(facts, tokens)
                .read(ReadingMode.BIDIRECTIONAL)
                .scaled(new LogitAffine(Math.pow(facts.width(), -0.25), 0))
                .role();
    }

    /**
     * The preset with a name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    static Preset of(String name) {
        return ALL.stream()
                .filter(preset -> preset.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no preset '" + name + "'; the known ones are "
                        + ALL.stream().map(Preset::name).toList()));
    }
}
