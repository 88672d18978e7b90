package io.millrace.model.learning;

import io.millrace.model.TextRole;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.backbone.Drops;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.checkpoint.CheckpointWriter;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.head.learned.LearnedRow;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A checkpoint being learned. A step encodes texts, computes a loss of their vectors somewhere else, gives back the loss's
 * gradients by the vectors' weights, and lets an {@link Optimizer} change the model's weights:
 *
 * <pre>{@code
 * try (Encoding queries = model.encode(model.tokenize(texts, QUERY), QUERY, Optional.of(draw), Remember.RESULTS)) {
 *     queries.backward(gradients(queries.vectors()));
 * }
 * optimizer.step(rate);
 * }</pre>
 *
 * <p>What a batch computes depends on its texts, the weights and the draw, and on nothing else: not on the clock, on other
 * batches, or on how threads take turns. To be used by one thread.
 */
public final class LearningModel implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final LearningOptions options;
    private final Map<TextRole, TextReader> readers = new EnumMap<>(TextRole.class);
    /** By the sub-directory that roles name. */
    private final Map<String, LearnedEncoder> encoders = new LinkedHashMap<>();

    /** Weights of roles that need no model. */
    private final Map<TextRole, TokenWeights> fixed = new EnumMap<>(TextRole.class);

    /** Those of them that are learned. */
    private final Map<TextRole, LearnedTokens> tokens = new EnumMap<>(TextRole.class);

    private final List<AutoCloseable> tokenizers = new ArrayList<>();

    private LearningModel(Checkpoint checkpoint, LearningOptions options) {
        this.checkpoint = checkpoint;
        this.options = options;
    }

    /**
     * Loads a checkpoint's weights in fp32.
     *
     * @throws io.millrace.model.InvalidModelException if it is damaged, or has a head that is not learned
     * @throws IOException if a file cannot be read
     */
    public static LearningModel open(Checkpoint checkpoint, LearningOptions options) throws IOException {
        LearningModel model = new LearningModel(checkpoint, options);
        try {
            for (TextRole role : TextRole.values()) {
                model.load(role);
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private void load(TextRole role) throws IOException {
        RoleContract contract = checkpoint.contract().role(role);
        EncoderFiles files = checkpoint.encoder(role);
        TextTokenizer tokenizer = TextTokenizer.open(files.directory().resolve(Checkpoint.TOKENIZER));
        tokenizers.add(tokenizer);
        readers.put(
                role,
                TextReader.of(
                        tokenizer,
                        contract.text(),
                        files.vocabulary(),
                        checkpoint.directory() + ": " + role + ".text"));
        Optional<TokenWeights> table = TokenWeights.of(contract, files.directory(), files.vocabulary());
        if (table.isPresent()) {
            fixed.put(role, table.get());
            options.tokenRate()
                    .ifPresent(factor -> tokens.put(role, LearnedTokens.of(contract.head(), table.get(), factor)));
            return;
        }
        String place = contract.checkpoint();
        if (encoders.containsKey(place)) {
            return;
        }
        Map<TextRole, RoleContract> served = new EnumMap<>(TextRole.class);
        for (TextRole other : TextRole.values()) {
            RoleContract shared = checkpoint.contract().role(other);
            if (shared.checkpoint().equals(place) && shared.head().needsModel()) {
                served.put(other, shared);
            }
        }
        try (TensorSource source = WeightFiles.open(files.directory())) {
            encoders.put(
                    place,
                    LearnedLoader.load(
                            files.directory(),
                            files.transformer(),
                            source,
                            new LearnedLoader.Roles(served, tokenizer.templateIds()),
                            options));
        }
    }

    /** The checkpoint that is learned from; its files stay as they are. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    private LearnedEncoder encoder(TextRole role) {
        return Objects.requireNonNull(
                encoders.get(checkpoint.contract().role(role).checkpoint()));
    }

    /** Everything that learns: encoders by the sub-directory that roles name, and weights of tokens by their role. */
    Map<String, Learner> learners() {
        Map<String, Learner> learners = new LinkedHashMap<>(encoders);
        // No sub-directory has a name of this form.
        tokens.forEach((role, learned) -> learners.put("tokens:" + role, learned));
        return learners;
    }

    /** Number of single weights that are learned. */
    public long learnedSize() {
        return learners().values().stream()
                .mapToLong(learner -> learner.weights().learnedSize())
                .sum();
    }

    /** Number of terms of a role's vectors. */
    public int columns(TextRole role) {
        return checkpoint.contract().role(role).head().outputs();
    }

    /**
     * Whether terms that a role's vectors lack can come back by gradients, see {@link Encoding#backward(float[], List)}: where
     * the maximum of a language model's logits is taken.
     */
    public boolean bringsBack(TextRole role) {
        return checkpoint.contract().role(role).head() instanceof HeadContract.Mlm mlm && mlm.pooling() == Pooling.MAX;
    }

    /** Token ids of texts, each cut to the role's length. */
    public List<int[]> tokenize(List<String> texts, TextRole role) {
        TextReader reader = Objects.requireNonNull(readers.get(role));
        return texts.stream().map(text -> reader.read(text).pieces().getFirst()).toList();
    }

    /**
     * Vectors of texts.
     *
     * @param texts token ids, see {@link #tokenize}
     * @param draw what dropout is drawn from; empty to leave nothing out, as when serving
     * @param remember what is kept for the way back
     * @return to be closed by the caller
     */
    public Encoding encode(List<int[]> texts, TextRole role, Optional<Draw> draw, Remember remember) {
        LearnedTokens learned = tokens.get(role);
        TokenWeights table = fixed.get(role);
        if (learned != null) {
            return learned.encode(texts, columns(role));
        }
        if (table != null) {
            List<LearnedRow> rows = texts.stream()
                    .map(text -> LearnedRow.of(table.vector(text)))
                    .toList();
            return Encoding.ofTokens(rows, columns(role), gradients -> {});
        }
        return encoder(role).encode(texts, role, drops(draw, role, texts.size()), remember);
    }

    /**
     * Weights of some terms alone, which costs far less than whole vectors: nothing is multiplied by the rest of the
     * vocabulary.
     *
     * @param texts token ids, see {@link #tokenize}
     * @param terms of each text
     * @return for each text a weight for each of its terms, 0 where it lacks one
     * @throws UnsupportedOperationException if the head cannot, see {@link #bringsBack}
     */
    public List<float[]> weights(List<int[]> texts, TextRole role, List<int[]> terms) {
        return encoder(role).weights(texts, role, terms);
    }

    private Optional<Drops> drops(Optional<Draw> draw, TextRole role, int texts) {
        return draw.filter(any -> options.dropout().any() || options.adapterDropout() > 0)
                .map(drawn -> new Drops(
                        drawn.of(role),
                        IntStream.range(0, texts).asLongStream().toArray(),
                        options.dropout().states(),
                        options.dropout().attention(),
                        options.adapterDropout()));
    }

    /**
     * Adds the gradients of a language model's loss: how well a decoder predicts the next token of sequences.
     *
     * @param sequences token ids
     * @param draw what dropout is drawn from; empty to leave nothing out
     * @param scale factor of the gradients, not of the loss
     * @return the loss, mean over all tokens
     * @throws IllegalStateException if the document encoder is no decoder with a language-model head
     */
    public LanguageLoss learnLanguage(
            List<int[]> sequences, LanguageWeights factors, Optional<Draw> draw, double scale) {
        return encoder(TextRole.DOCUMENT)
                .language(sequences, factors, drops(draw, TextRole.DOCUMENT, sequences.size()), scale);
    }

    /**
     * Saves the checkpoint as it is now, adapters merged.
     *
     * @param target directory, made if missing; it must not hold a checkpoint yet
     * @param type how weights are stored
     * @param name of the checkpoint, for people
     * @throws io.millrace.model.InvalidModelException if the target holds a checkpoint, or a weight is not finite or does
     *     not fit {@code type}
     */
    public Checkpoint save(Path target, TensorType type, String name) throws IOException {
        return CheckpointWriter.copy(asLearned(), target, type, name, new CheckpointWriter.Weights() {
            @Override
            public TensorSource open(Path directory) throws IOException {
                return encoderAt(directory).weights().over(WeightFiles.open(directory));
            }

            @Override
            public TokenWeights tokens(TextRole role) {
                LearnedTokens learned = tokens.get(role);
                return learned == null ? Objects.requireNonNull(fixed.get(role)) : learned.now();
            }
        });
    }

    private LearnedEncoder encoderAt(Path directory) {
        for (TextRole role : TextRole.values()) {
            if (!fixed.containsKey(role) && checkpoint.encoder(role).directory().equals(directory)) {
                return encoder(role);
            }
        }
        throw new IllegalStateException(directory + " is no encoder of " + checkpoint.directory());
    }

    /** The checkpoint with the one weight of all tokens that was learned, which is part of the contract. */
    private Checkpoint asLearned() {
        EncodingContract contract = checkpoint.contract();
        return checkpoint.withContract(new EncodingContract(
                contract.name(), asLearned(TextRole.QUERY), asLearned(TextRole.DOCUMENT), contract.digests()));
    }

    private RoleContract asLearned(TextRole role) {
        RoleContract contract = checkpoint.contract().role(role);
        LearnedTokens learned = tokens.get(role);
        return learned != null && contract.head() instanceof HeadContract.Binary binary
                ? contract.withHead(
                        new HeadContract.Binary(learned.now().largest(), binary.pooling(), binary.outputs()))
                : contract;
    }

    /**
     * Saves what adapters add, as peft does, for the checkpoint that was learned from.
     *
     * @param target directory, made if missing
     * @throws IllegalStateException if no adapter is learned
     */
    public void saveAdapter(Path target) throws IOException {
        AdapterOptions adapter = options.adapter()
                .orElseThrow(() -> new IllegalStateException("the weights themselves are learned, and no adapter"));
        if (encoders.size() != 1) {
            throw new IllegalStateException("adapters of " + encoders.size() + " encoders do not fit one directory");
        }
        Files.createDirectories(target);
        LearnedEncoder encoder = encoders.values().iterator().next();
        SafetensorsWriter.write(
                target.resolve(AdaptedTensors.WEIGHTS), encoder.weights().factors(), TensorType.F32);
        Files.writeString(target.resolve(AdaptedTensors.CONFIG), adapter.json());
    }

    /** Frees the weights. Idempotent. */
    @Override
    public void close() {
        encoders.values().forEach(LearnedEncoder::close);
        tokens.values().forEach(LearnedTokens::close);
        for (AutoCloseable tokenizer : tokenizers) {
            try {
                tokenizer.close();
            } catch (Exception e) {
                throw new IllegalStateException("tokenizers close without exceptions", e);
            }
        }
        tokenizers.clear();
    }
}
