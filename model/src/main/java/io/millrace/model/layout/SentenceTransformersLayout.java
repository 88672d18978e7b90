package io.millrace.model.layout;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Directories that sentence-transformers' SparseEncoder saved: a transformer with a masked-LM head and SpladePooling, for
 * both roles or, behind a Router, for one of them, with a SparseStaticEmbedding or another transformer for the other.
 */
final class SentenceTransformersLayout {
    private static final String MODEL = "config_sentence_transformers.json";

    /** What is read of a text where nothing says how much; also the most for tables, which have no positions. */
    private static final int UNSAID_TOKENS = 512;

    private static final int MOST_TABLE_TOKENS = 8_192;

    private final Path root;
    private final LayoutJson model;
    private final List<String> reasons = new ArrayList<>();

    private SentenceTransformersLayout(Path root) throws IOException {
        this.root = root;
        this.model = LayoutJson.read(root.resolve(MODEL));
    }

    static DerivedRoles of(Path root) throws IOException {
        SentenceTransformersLayout layout = new SentenceTransformersLayout(root);
        RoleContract query = layout.role(TextRole.QUERY, ModuleChain.of(root, "query"));
        RoleContract document = layout.role(TextRole.DOCUMENT, ModuleChain.of(root, "document"));
        layout.model
                .text("similarity_fn_name")
                .filter(name -> !name.equals("dot"))
                .ifPresent(name -> layout.reasons.add(MODEL + " says similarity_fn_name '" + name
                        + "', but documents are ranked by the dot product here."));
        return new DerivedRoles(
                query, document, layout.reasons.stream().distinct().toList());
    }

    private RoleContract role(TextRole role, List<ModuleChain.Module> chain) throws IOException {
        List<String> types = chain.stream().map(ModuleChain.Module::type).toList();
        if (types.equals(List.of("SparseStaticEmbedding"))) {
            return table(role, chain.getFirst());
        }
        if (types.equals(List.of("Transformer", "SpladePooling"))
                || types.equals(List.of("MLMTransformer", "SpladePooling"))) {
            return splade(role, chain.getFirst(), chain.get(1));
        }
        throw new InvalidModelException(
                root.resolve(ModuleChain.MODULES) + ": texts pass through " + types + ", but a sparse encoder is a "
                        + "Transformer with SpladePooling, or a SparseStaticEmbedding; use a model of one of these forms");
    }

    private RoleContract splade(TextRole role, ModuleChain.Module transformer, ModuleChain.Module pooling)
            throws IOException {
        EncoderFiles files = EncoderFiles.read(root.resolve(transformer.path()), true);
        SavedTransformer saved = SavedTransformer.of(files.directory());
        LayoutJson settings = saved.settings();
        String task = settings.text("transformer_task").orElse("fill-mask");
        if (!task.equals("fill-mask") || !files.transformer().readings().contains(ReadingMode.ENCODER)) {
            throw settings.refused("transformer_task is '" + task + "' of a "
                    + files.transformer().modelType()
                    + ", but SpladePooling is supported over masked language models only (fill-mask)");
        }
        saved.refuseLowering();
        LayoutJson pooled = LayoutJson.read(root.resolve(pooling.path()).resolve("config.json"));
        HeadContract.Mlm head = FamilyDefaults.head(files, strategy(pooled), saturation(pooled));
        int tokens = Math.min(
                saved.length(role).orElse(UNSAID_TOKENS), files.transformer().maxPositions());
        reasons.add(name(role) + ": " + ModuleChain.MODULES + " names " + transformer.type() + " and SpladePooling ("
                + head.pooling().name().toLowerCase(Locale.ROOT) + ", "
                + head.saturation().logarithms()
                + " × log1p); control tokens count there; texts of " + tokens + " tokens.");
        return new RoleContract(
                transformer.path(),
                new TextContract(SavedTransformer.prompt(model, role), "", true, tokens, 1, 0),
                ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP),
                head,
                pruning());
    }

    private static Pooling strategy(LayoutJson config) {
        String strategy = config.text("pooling_strategy").orElse("max");
        return switch (strategy) {
            case "max" -> Pooling.MAX;
            case "sum" -> Pooling.SUM;
            default -> throw config.refused("pooling_strategy is '" + strategy + "', not one of [max, sum]");
        };
    }

    private static Saturation saturation(LayoutJson config) {
        String activation = config.text("activation_function").orElse("relu");
        return switch (activation) {
            case "relu" -> Saturation.LOG1P;
            case "log1p_relu" -> Saturation.DOUBLE_LOG1P;
            default ->
                throw config.refused("activation_function is '" + activation + "', not one of [relu, log1p_relu]");
        };
    }

    private RoleContract table(TextRole role, ModuleChain.Module module) throws IOException {
        EncoderFiles files = EncoderFiles.read(root.resolve(module.path()), false);
        String file = Stream.of(WeightFiles.SINGLE, ContractDerivation.IDF)
                .filter(name -> Files.exists(files.directory().resolve(name)))
                .findFirst()
                .orElseThrow(() -> new InvalidModelException(
                        files.directory() + " has neither " + WeightFiles.SINGLE + " nor " + ContractDerivation.IDF
                                + ", from which SparseStaticEmbedding takes the weights of tokens; save the model again "
                                + "with safe_serialization"));
        int tokens =
                Math.min(SavedTransformer.of(files.directory()).length(role).orElse(UNSAID_TOKENS), MOST_TABLE_TOKENS);
        reasons.add(name(role) + ": SparseStaticEmbedding takes the weights of the tokens that occur from " + file
                + ", each once, and adds no control tokens; no model runs; texts of " + tokens + " tokens.");
        return new RoleContract(
                module.path(),
                new TextContract(SavedTransformer.prompt(model, role), "", false, tokens, 1, 0),
                ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP),
                new HeadContract.Table(file, files.vocabulary().size()),
                pruning());
    }

    private static String name(TextRole role) {
        return role == TextRole.QUERY ? "Queries" : "Documents";
    }

    private PruningContract pruning() {
        return model.count("max_active_dims").isPresent()
                ? PruningContract.top(model.count("max_active_dims").getAsInt())
                : PruningContract.NONE;
    }
}
