package io.millrace.model.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.layout.SavedModule;
import io.millrace.model.layout.SentenceTransformersWriter;
import io.millrace.model.layout.TokenizerConfig;
import io.millrace.model.safetensors.CheckpointShards;
import io.millrace.model.safetensors.RenamedTensors;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves checkpoint directories that this program loads, and {@code transformers} and, where its modules can say what the
 * contract says, {@code sentence-transformers} too. Encoders that roles have for themselves are saved in sub-directories.
 */
public final class CheckpointWriter {
    /** What Hugging Face suggests for a file. */
    private static final long MAX_SHARD_BYTES = 5_000_000_000L;

    private static final List<String> TOKENIZER_EXTRAS =
            List.of("special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt");

    private static final Logger log = LoggerFactory.getLogger(CheckpointWriter.class);

    private final Path target;
    private final TensorType type;
    private final Map<TextRole, Source> sources;
    private final EncodingContract contract;
    private final Weights weights;

    /** Where the weights of what is copied come from. */
    public interface Weights {
        /**
         * Opens the weights of an encoder, to be closed by the caller.
         *
         * @param directory of the encoder that is copied
         */
        TensorSource open(Path directory) throws IOException;

        /** Weights of the tokens of a role whose head is a table. */
        TokenWeights tokens(TextRole role) throws IOException;
    }

    /** Weights as the files of two checkpoints have them. */
    private record FileWeights(Checkpoint query, Checkpoint document) implements Weights {
        @Override
        public TensorSource open(Path directory) throws IOException {
            return WeightFiles.open(directory);
        }

        @Override
        public TokenWeights tokens(TextRole role) throws IOException {
            Source source = Source.of(role == TextRole.QUERY ? query : document, role);
            return TokenWeights.of(
                            source.contract(),
                            source.files().directory(),
                            source.files().vocabulary())
                    .orElseThrow();
        }
    }

    /**
     * Where a role comes from.
     *
     * @param files its encoder's
     * @param contract of the role there
     */
    private record Source(EncoderFiles files, RoleContract contract) {
        static Source of(Checkpoint checkpoint, TextRole role) {
            return new Source(checkpoint.encoder(role), checkpoint.contract().role(role));
        }
    }

    private CheckpointWriter(
            Path target, TensorType type, Map<TextRole, Source> sources, EncodingContract contract, Weights weights) {
        this.weights = weights;
        this.target = target;
        this.type = type;
        this.sources = new EnumMap<>(sources);
        this.contract = contract;
    }

    /**
     * Copies a checkpoint, its weights of one type and under today's names.
     *
     * @param source checkpoint to copy
     * @param target directory, made if missing; it must not hold a checkpoint yet
     * @param type how weights are stored: F32, BF16, or F16, which halves the file and rounds to 11 bits
     * @param name of the copy, for people
     * @return the copy, with its digests
     * @throws InvalidModelException if the source is damaged, a weight does not fit {@code type}, or the target holds a
     *     checkpoint
     * @throws IOException if reading or writing fails
     */
    public static Checkpoint copy(Checkpoint source, Path target, TensorType type, String name) throws IOException {
        return pair(source, source, target, type, name);
    }

    /** The same with other weights in place of the files'. */
    public static Checkpoint copy(Checkpoint source, Path target, TensorType type, String name, Weights weights)
            throws IOException {
        return write(source, source, target, type, name, weights);
    }

    /**
     * Makes one checkpoint of the query encoder of one and the document encoder of another.
     *
     * @param query checkpoint whose queries are meant
     * @param document checkpoint whose documents are meant
     * @throws InvalidModelException as for {@link #copy}, or if the two call a term by different names
     */
    public static Checkpoint pair(Checkpoint query, Checkpoint document, Path target, TensorType type, String name)
            throws IOException {
        return write(query, document, target, type, name, new FileWeights(query, document));
    }

    private static Checkpoint write(
            Checkpoint query, Checkpoint document, Path target, TensorType type, String name, Weights weights)
            throws IOException {
        for (String file : List.of(Checkpoint.CONFIG, Checkpoint.CONTRACT, "modules.json")) {
            if (Files.exists(target.resolve(file))) {
                throw new InvalidModelException(
                        target + " holds a checkpoint already; name another directory, or remove it");
            }
        }
        Map<TextRole, Source> sources = Map.of(
                TextRole.QUERY, Source.of(query, TextRole.QUERY),
                TextRole.DOCUMENT, Source.of(document, TextRole.DOCUMENT));
        EncodingContract contract = new EncodingContract(
                name, query.contract().query(), document.contract().document(), new TreeMap<>());
        boolean together = query.encoder(TextRole.QUERY)
                .directory()
                .equals(document.encoder(TextRole.DOCUMENT).directory());
        return new CheckpointWriter(target, type, sources, placed(contract, together), weights).write();
    }

    /** The contract with the places that its encoders get in the target: tables and transformers never share one. */
    private static EncodingContract placed(EncodingContract contract, boolean together) {
        boolean tables = contract.query().head() instanceof HeadContract.Table
                || contract.document().head() instanceof HeadContract.Table;
        boolean shared = together && !tables;
        return new EncodingContract(
                contract.name(),
                shared ? contract.query().withCheckpoint("") : placed(contract.query(), "query"),
                shared ? contract.document().withCheckpoint("") : placed(contract.document(), "document"),
                contract.digests());
    }

    private static RoleContract placed(RoleContract role, String name) {
        String place =
                SavedModule.of(role).map(module -> module.directory(name)).orElse(name);
        RoleContract moved = role.withCheckpoint(place);
        return moved.head() instanceof HeadContract.Table table
                ? new RoleContract(
                        place,
                        moved.text(),
                        moved.reading(),
                        new HeadContract.Table(WeightFiles.SINGLE, table.outputs()),
                        moved.pruning())
                : moved;
    }

    /** Writes everything; {@code millrace.json} last, because its digests say that the rest is whole. */
    private Checkpoint write() throws IOException {
        Files.createDirectories(target);
        boolean shared =
                contract.query().checkpoint().equals(contract.document().checkpoint());
        for (TextRole role : shared ? new TextRole[] {TextRole.DOCUMENT} : TextRole.values()) {
            Path directory =
                    Files.createDirectories(target.resolve(contract.role(role).checkpoint()));
            encoder(role, directory);
        }
        boolean known = SavedModule.of(contract.query()).isPresent()
                && SavedModule.of(contract.document()).isPresent()
                && (!shared
                        || contract.query().head().equals(contract.document().head()));
        if (known) {
            SentenceTransformersWriter.write(target, contract)
                    .forEach(difference -> log.info("{} under sentence-transformers: {}", target, difference));
        } else {
            log.info("{} is not for sentence-transformers, whose modules cannot say what its contract says", target);
        }
        EncodingContract signed = contract.withDigests(Checkpoint.digests(target, contract));
        Files.writeString(target.resolve(Checkpoint.CONTRACT), signed.toString());
        return Checkpoint.open(target);
    }

    private void encoder(TextRole role, Path directory) throws IOException {
        Source source = Objects.requireNonNull(sources.get(role));
        Path from = source.files().directory();
        copy(from, directory, Checkpoint.TOKENIZER);
        for (String extra : TOKENIZER_EXTRAS) {
            if (Files.exists(from.resolve(extra))) {
                copy(from, directory, extra);
            }
        }
        List<RoleContract> served = List.of(contract.query(), contract.document()).stream()
                .filter(other -> other.checkpoint().equals(contract.role(role).checkpoint()))
                .toList();
        int longest = served.stream().mapToInt(RoleContract::maxTokens).max().orElse(1);
        if (served.stream().anyMatch(other -> other.head().needsModel())) {
            config(from, directory, served);
            try (TensorSource files = new RenamedTensors(weights.open(from), CheckpointWriter::currentName)) {
                CheckpointShards.write(directory, files, type, MAX_SHARD_BYTES);
            }
        } else if (source.contract().head() instanceof HeadContract.Table) {
            longest -= table(role, source, directory);
        }
        TokenizerConfig.write(source.files(), directory, longest);
    }

    /** A decoder whose states see the whole text says so in its configuration, where transformers looks for it. */
    private static void config(Path from, Path directory, List<RoleContract> served) throws IOException {
        boolean bidirectional = served.stream()
                .allMatch(role -> !role.head().needsModel() || role.reading().mode() == ReadingMode.BIDIRECTIONAL);
        copy(from, directory, Checkpoint.CONFIG);
        if (bidirectional) {
            JsonMapper json = new JsonMapper();
            Path file = directory.resolve(Checkpoint.CONFIG);
            ObjectNode config = (ObjectNode) json.readTree(file.toFile());
            Files.writeString(
                    file,
                    json.writerWithDefaultPrettyPrinter().writeValueAsString(config.put("is_causal", false)) + "\n");
        }
    }

    /**
     * Writes a table by token id, in which control tokens that are masked have no weight, and so match nothing.
     *
     * @return how many fewer tokens a reader must take who adds no control tokens
     */
    private int table(TextRole textRole, Source source, Path directory) throws IOException {
        RoleContract role = source.contract();
        float[] table = weights.tokens(textRole).weights();
        Tensor tensor = new Tensor(List.of((long) table.length), FloatBuffer.wrap(table));
        SafetensorsWriter.write(
                directory.resolve(WeightFiles.SINGLE),
                new TreeMap<>(Map.of(TokenWeights.TENSOR, tensor)),
                TensorType.F32);
        return role.text().template() ? templateTokens(directory) : 0;
    }

    private static int templateTokens(Path directory) throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(directory.resolve(Checkpoint.TOKENIZER))) {
            return tokenizer.templateTokens();
        }
    }

    private static void copy(Path source, Path target, String file) throws IOException {
        // Not Files.copy, which would hand on the mode of a read-only original.
        Files.write(target.resolve(file), Files.readAllBytes(source.resolve(file)));
    }

    /** Layer norms were once called gamma and beta; transformers renames them at each load. */
    static String currentName(String tensor) {
        return tensor.replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
                .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
    }
}
