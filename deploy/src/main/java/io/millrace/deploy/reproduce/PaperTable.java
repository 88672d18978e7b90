package io.millrace.deploy.reproduce;

import static io.millrace.model.contract.ReadingMode.CAUSAL;
import static io.millrace.model.contract.ReadingMode.DECODER;
import static io.millrace.model.contract.ReadingMode.ENCODER;
import static io.millrace.model.contract.ReadingMode.ENCODER_DECODER_MULTI;
import static io.millrace.model.contract.ReadingMode.ENCODER_DECODER_SINGLE;

import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.HeadContract.Binary;
import io.millrace.model.contract.HeadContract.Mlm;
import io.millrace.model.contract.HeadContract.Mlp;
import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.stream.Stream;

/**
 * A table of the paper. Tables 1 to 4 answer its four research questions, and have the rows of its code's four folders of scripts
 * and of the experiments configured beside them. Tables 5 and 6 have no scripts there: table 5 is what the teachers themselves are
 * worth, and table 6 sets the baselines beside the paper's best models.
 *
 * @param number number in the paper
 * @param title what it asks
 * @param rows in order
 */
record PaperTable(int number, String title, List<PaperRow> rows) {
    private static final PaperRow BM25 = new PaperRow("BM25", "", new RowKind.Bm25());
    private static final PaperRow DISTIL_SPLADE = mlm("DistilSplade-max, Enc DistilBERT", "distil-splade-max", ENCODER);
    private static final PaperRow SPLADE = mlm("Splade-max, Enc BERT", "splade-max", ENCODER);
    private static final PaperRow ENC_T5 = mlm("Enc multi, Flan-T5-base", "enc-multi-flan-t5-base", ENCODER);
    private static final PaperRow DEC_T5 = mlm("Dec multi, Flan-T5-base", "dec-multi-flan-t5-base", DECODER);
    private static final PaperRow DEC_OPT = mlm("Dec multi, OPT-350M", "dec-multi-opt-350m", CAUSAL);
    private static final PaperRow ENC_DEC =
            mlm("EncDec multi, Flan-T5-base", "encdec-multi-flan-t5-base", ENCODER_DECODER_MULTI);

    static final PaperRow MINI_LM = new PaperRow("MiniLM-L-6 cross-encoder", "teacher-minilm", new RowKind.Teacher());
    static final PaperRow RANK_LLAMA = new PaperRow("RankLLaMA", "teacher-rankllama", new RowKind.Teacher());

    /** All tables, in order. */
    static final List<PaperTable> ALL = List.of(
            new PaperTable(
                    1,
                    "Zero-shot: a prompt, and the weights of the text's own terms",
                    List.of(
                            BM25,
                            zeroShot("BERT-base", "zero-shot-bert-base", ENCODER),
                            zeroShot("OPT-350M", "zero-shot-opt-350m", CAUSAL),
                            zeroShot("OPT-2.7B", "zero-shot-opt-2.7b", CAUSAL),
                            zeroShot("OPT-6.7B", "zero-shot-opt-6.7b", CAUSAL),
                            zeroShot("OPT-13B", "zero-shot-opt-13b", CAUSAL),
                            zeroShot("Flan-T5-base", "zero-shot-flan-t5-base", ENCODER_DECODER_MULTI),
                            zeroShot("Flan-T5-large", "zero-shot-flan-t5-large", ENCODER_DECODER_MULTI),
                            zeroShot("Flan-T5-xl", "zero-shot-flan-t5-xl", ENCODER_DECODER_MULTI),
                            zeroShot("Flan-T5-xxl", "zero-shot-flan-t5-xxl", ENCODER_DECODER_MULTI))),
            new PaperTable(
                    2,
                    "Backbones: encoder, decoder, and both, with multi-tokens decoding",
                    List.of(DISTIL_SPLADE, ENC_T5, DEC_T5, DEC_OPT, ENC_DEC)),
            new PaperTable(
                    3,
                    "Heads: single and multi-tokens, MLM and MLP in either role",
                    List.of(
                            mlm("EncDec single, MLM", "encdec-single-flan-t5-base", ENCODER_DECODER_SINGLE),
                            ENC_DEC,
                            mixed("EncDec multi, query MLP, document MLP", "encdec-multi-mlp", Mlp.class, Mlp.class),
                            mixed(
                                    "EncDec multi, query MLM, document MLP",
                                    "encdec-multi-qmlm-dmlp",
                                    Mlm.class,
                                    Mlp.class),
                            mixed(
                                    "EncDec multi, query MLP, document MLM",
                                    "encdec-multi-qmlp-dmlm",
                                    Mlp.class,
                                    Mlm.class),
                            mixed(
                                    "EncDec multi, query BINARY, document MLM",
                                    "encdec-multi-qbin-dmlm",
                                    Binary.class,
                                    Mlm.class),
                            mlp("Enc multi, MLP, Flan-T5-base", "enc-multi-mlp-flan-t5-base", ENCODER),
                            mlp("Dec multi, MLP, Flan-T5-base", "dec-multi-mlp-flan-t5-base", DECODER),
                            mlp("Dec multi, MLP, OPT-350M", "dec-multi-mlp-opt-350m", CAUSAL))),
            new PaperTable(
                    4,
                    "Scaling: larger students, and RankLLaMA as the teacher",
                    List.of(
                            ENC_DEC,
                            mlm("EncDec multi, Flan-T5-large", "encdec-multi-flan-t5-large", ENCODER_DECODER_MULTI),
                            DEC_OPT,
                            mlm("Dec multi, OPT-1.3B", "dec-multi-opt-1.3b", CAUSAL),
                            mlm("Dec multi, OPT-2.7B", "dec-multi-opt-2.7b", CAUSAL),
                            mlm("Dec multi, OPT-6.7B", "dec-multi-opt-6.7b", CAUSAL),
                            mlm("DistilSplade-max, taught by RankLLaMA", "distil-splade-max-rankllama", ENCODER),
                            mlm(
                                    "EncDec multi, Flan-T5-base, taught by RankLLaMA",
                                    "encdec-multi-flan-t5-base-rankllama",
                                    ENCODER_DECODER_MULTI),
                            mlm("Dec multi, OPT-350M, taught by RankLLaMA", "dec-multi-opt-350m-rankllama", CAUSAL))),
            new PaperTable(5, "Teachers, ranking what BM25 finds anew", List.of(MINI_LM, RANK_LLAMA)),
            new PaperTable(
                    6,
                    "Baselines beside the paper's models",
                    List.of(
                            BM25,
                            new PaperRow("EPIC", "epic", new RowKind.Epic(400)),
                            new PaperRow(
                                    "DeepImpact, expanded documents",
                                    "deepimpact",
                                    new RowKind.Encoder(ENCODER, Binary.class, Mlp.class, false)),
                            SPLADE,
                            DISTIL_SPLADE,
                            ENC_DEC)));

    /** Every row once, in the order of the tables. */
    static List<PaperRow> rowsOnce() {
        return ALL.stream().flatMap(table -> table.rows().stream()).distinct().toList();
    }

    /** Names of all folders of weights. */
    static Stream<String> weights() {
        return rowsOnce().stream().map(PaperRow::weights).filter(name -> !name.isEmpty());
    }

    private static PaperRow mlm(String name, String weights, ReadingMode reading) {
        return new PaperRow(name, weights, new RowKind.Encoder(reading, Mlm.class, Mlm.class, false));
    }

    private static PaperRow mlp(String name, String weights, ReadingMode reading) {
        return new PaperRow(name, weights, new RowKind.Encoder(reading, Mlp.class, Mlp.class, false));
    }

    private static PaperRow mixed(
            String name, String weights, Class<? extends HeadContract> query, Class<? extends HeadContract> document) {
        return new PaperRow(name, weights, new RowKind.Encoder(ENCODER_DECODER_MULTI, query, document, false));
    }

    private static PaperRow zeroShot(String name, String weights, ReadingMode reading) {
        return new PaperRow(name, weights, new RowKind.Encoder(reading, Mlm.class, Mlm.class, true));
    }
}
