package io.millrace.deploy.reproduce;

import io.millrace.deploy.TinyModels;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.EncodingContract;
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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Tiny checkpoints of every kind that a row can be, each with random weights of its own. */
final class RowWeights {
    private static final int TERMS = 97;
    private static final int TOKENS = 24;

    private RowWeights() {}

    /** Writes a row's weights below a folder. */
    static void write(Path folder, PaperRow row, long seed) throws IOException {
        Path target = folder.resolve(row.weights());
        switch (row.kind()) {
            case RowKind.Bm25 _ -> {}
            case RowKind.Encoder encoder -> {
                copy(model(row, encoder.reading()), target, seed);
                contract(
                        target,
                        role("Query ", encoder.reading(), head(encoder.query(), row), encoder.zeroShot()),
                        role("Passage ", encoder.reading(), head(encoder.document(), row), encoder.zeroShot()));
            }
            case RowKind.Epic _ -> {
                copy("bert-heads", target, seed);
                contract(
                        target,
                        role("", ReadingMode.ENCODER, mlp(List.of("linear")), false),
                        role(
                                "",
                                ReadingMode.ENCODER,
                                new HeadContract.Epic("term_importance.linear", "doc_quality.linear", TERMS),
                                false));
            }
            case RowKind.Teacher _ -> {
                if (row.equals(PaperTable.RANK_LLAMA)) {
                    copy("llama", target, seed);
                    Path adapter = Files.createDirectories(target.resolve(RowKind.Teacher.ADAPTER));
                    try (Stream<Path> files = Files.list(TinyModels.adapter("rankllama-lora"))) {
                        for (Path file : files.toList()) {
                            Files.write(adapter.resolve(file.getFileName().toString()), Files.readAllBytes(file));
                        }
                    }
                } else {
                    copy("cross-encoder", target, seed);
                }
            }
        }
    }

    private static String model(PaperRow row, ReadingMode reading) {
        if (row.weights().contains("flan")) {
            return "flan";
        }
        return switch (reading) {
            case CAUSAL, BIDIRECTIONAL, ECHO -> "opt-tail";
            case ENCODER -> row.weights().startsWith("distil") ? "distilbert" : "bert-heads";
            case DECODER, ENCODER_DECODER_SINGLE, ENCODER_DECODER_MULTI -> "flan";
        };
    }

    /** A copy whose every weight is another. */
    private static void copy(String model, Path target, long seed) throws IOException {
        TinyModels.copy(model, target, List.of(0, 1, 2, 3));
        Path file = target.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        Random random = new Random(seed);
        for (int at = 8 + (int) bytes.getLong(0); at < bytes.capacity(); at += Float.BYTES) {
            float weight = bytes.getFloat(at);
            bytes.putFloat(
                    at, weight * (1 + 0.5f * (float) random.nextGaussian()) + 0.02f * (float) random.nextGaussian());
        }
        Files.write(file, bytes.array());
    }

    private static RoleContract role(String prefix, ReadingMode mode, HeadContract head, boolean zeroShot) {
        return new RoleContract(
                new TextContract(zeroShot ? "w5 w6 " + prefix : prefix, "", true, TOKENS, 1, 0),
                new ReadingContract(mode, Alignment.INVARIANT, Positions.ALL, SpecialTokenPolicy.MASK),
                head,
                new PruningContract(zeroShot, 0, 0, 1, 60));
    }

    private static HeadContract head(Class<? extends HeadContract> kind, PaperRow row) {
        if (kind == HeadContract.Mlm.class) {
            return new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, TERMS);
        }
        if (kind == HeadContract.Binary.class) {
            return new HeadContract.Binary(1, Pooling.MAX, TERMS);
        }
        return mlp(
                row.weights().equals("deepimpact")
                        ? List.of("impact_score_encoder.0", "impact_score_encoder.3")
                        : List.of("linear"));
    }

    private static HeadContract mlp(List<String> layers) {
        // Softplus, so that random weights leave no text without a term.
        return new HeadContract.Mlp(layers, Rectifier.SOFTPLUS, Pooling.MAX, Saturation.NONE, TERMS);
    }

    private static void contract(Path target, RoleContract query, RoleContract document) throws IOException {
        EncodingContract contract = new EncodingContract("tiny", query, document, new TreeMap<>());
        Files.writeString(
                target.resolve(Checkpoint.CONTRACT),
                Checkpoint.open(target, contract).contract().toString());
    }
}
