package io.millrace.model;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.device.Placement;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.pruning.InputTerms;
import io.millrace.model.pruning.Pruning;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Loads what a checkpoint's roles need; what they have in common is loaded once. */
final class EncoderLoader implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final EncoderOptions options;
    private final Resources resources = new Resources();
    private final Map<String, TextTokenizer> tokenizers = new HashMap<>();
    private final Map<String, SparseModel> models = new HashMap<>();

    EncoderLoader(Checkpoint checkpoint, EncoderOptions options) {
        this.checkpoint = checkpoint;
        this.options = options;
    }

    /** The encoder, which frees what was loaded; after a failure, {@link #close} does. */
    CheckpointEncoder load() throws IOException {
        Map<TextRole, TextReader> readers = new EnumMap<>(TextRole.class);
        // Before any weights, because these checks are quick.
        for (TextRole role : TextRole.values()) {
            readers.put(role, reader(role));
        }
        Map<TextRole, RoleEncoder> roles = new EnumMap<>(TextRole.class);
        for (var reader : readers.entrySet()) {
            roles.put(reader.getKey(), role(reader.getKey(), reader.getValue()));
        }
        return new CheckpointEncoder(checkpoint, roles, resources, device());
    }

    /** Where the models compute; all lie in one place. */
    private String device() {
        if (models.isEmpty()) {
            return "cpu (tables only)";
        }
        Placement placement = models.values().iterator().next().placement();
        int threads = placement.threads(options.threads());
        return placement.onHost()
                ? placement.description() + " (" + threads + (threads == 1 ? " thread)" : " threads)")
                : placement.description();
    }

    private RoleContract contract(TextRole role) {
        return checkpoint.contract().role(role);
    }

    private TextTokenizer tokenizer(TextRole role) throws IOException {
        String place = contract(role).checkpoint();
        TextTokenizer known = tokenizers.get(place);
        if (known != null) {
            return known;
        }
        TextTokenizer tokenizer =
                TextTokenizer.open(checkpoint.encoder(role).directory().resolve(Checkpoint.TOKENIZER));
        resources.add(tokenizer::close);
        tokenizers.put(place, tokenizer);
        return tokenizer;
    }

    private TextReader reader(TextRole role) throws IOException {
        String place = checkpoint.directory().resolve(Checkpoint.CONTRACT) + ": "
                + role.name().toLowerCase(Locale.ROOT) + ".text";
        return TextReader.of(
                tokenizer(role), contract(role).text(), checkpoint.encoder(role).vocabulary(), place);
    }

    private RoleEncoder role(TextRole role, TextReader reader) throws IOException {
        RoleContract contract = contract(role);
        Set<Integer> controlTokens = checkpoint.encoder(role).vocabulary().specialIds();
        Optional<InputTerms> inputTerms = contract.pruning().inputTermsOnly()
                ? Optional.of(new InputTerms(
                        tokenizer(role),
                        controlTokens,
                        !contract.text().prefix().isEmpty()))
                : Optional.empty();
        return new RoleEncoder(
                reader, inputTerms, pieces(role), contract.head().needsModel(), new Pruning(contract.pruning()));
    }

    private PieceEncoder pieces(TextRole role) throws IOException {
        EncoderFiles files = checkpoint.encoder(role);
        RoleContract contract = contract(role);
        Optional<TokenWeights> table = TokenWeights.of(contract, files.directory(), files.vocabulary());
        if (table.isPresent()) {
            TokenWeights weights = table.get();
            return pieces -> pieces.stream().map(weights::vector).toList();
        }
        return new ModelPieces(
                model(contract.checkpoint(), files),
                role,
                contract,
                files.transformer(),
                tokenizer(role).templateIds());
    }

    private SparseModel model(String place, EncoderFiles files) throws IOException {
        SparseModel known = models.get(place);
        if (known != null) {
            return known;
        }
        EnumSet<TextRole> served = EnumSet.noneOf(TextRole.class);
        List.of(TextRole.values()).stream()
                .filter(role -> contract(role).checkpoint().equals(place))
                .forEach(served::add);
        SparseModel model =
                SparseModel.load(files.directory(), files.transformer(), checkpoint.contract(), served, options);
        resources.add(model::close);
        models.put(place, model);
        return model;
    }

    /** Frees what was loaded. */
    @Override
    public void close() {
        resources.close();
    }
}
