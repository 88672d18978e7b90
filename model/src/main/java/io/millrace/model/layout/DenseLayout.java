package io.millrace.model.layout;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.architecture.BertArchitecture;
import io.millrace.model.architecture.ModernBertArchitecture;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * A directory that sentence-transformers saved of a dense bi-encoder: Transformer, Pooling and perhaps Normalize.
 *
 * @param files tokenizer and transformer
 * @param query how queries become tokens
 * @param document how documents become tokens
 * @param pooling of states into one vector
 * @param normalized whether vectors have length 1
 * @param similarity by which vectors are compared
 */
public record DenseLayout(
        EncoderFiles files,
        TextContract query,
        TextContract document,
        Pooling pooling,
        boolean normalized,
        Similarity similarity) {
    /** How one vector is made of a text's states. */
    public enum Pooling {
        /** The mean over all positions, control tokens included. */
        MEAN,
        /** The state of the first token. */
        CLS
    }

    /** How two vectors are compared. */
    public enum Similarity {
        /** The dot product of the vectors scaled to length 1. */
        COSINE,
        /** The dot product. */
        DOT
    }

    private static final String MODEL = "config_sentence_transformers.json";

    /** Whether a directory says that its texts pass through a Pooling, as those of bi-encoders do. */
    public static boolean is(Path root) throws IOException {
        return Files.isRegularFile(root.resolve(ModuleChain.MODULES))
                && ModuleChain.of(root, "query").stream()
                        .anyMatch(module -> module.type().equals("Pooling"));
    }

    /**
     * Reads a directory; weights are not looked at.
     *
     * @param tokens longest text, in tokens, instead of the directory's own
     * @throws InvalidModelException if it is not of that form
     * @throws IOException if a file cannot be read
     */
    public static DenseLayout of(Path root, OptionalInt tokens) throws IOException {
        List<ModuleChain.Module> chain = ModuleChain.of(root, "query");
        List<String> types = chain.stream().map(ModuleChain.Module::type).toList();
        boolean normalized = types.equals(List.of("Transformer", "Pooling", "Normalize"));
        if (!normalized && !types.equals(List.of("Transformer", "Pooling"))) {
            throw new InvalidModelException(root.resolve(ModuleChain.MODULES) + ": texts pass through " + types
                    + ", but a bi-encoder here is a Transformer with Pooling, and perhaps Normalize behind it; "
                    + "use a model of that form");
        }
        EncoderFiles files = EncoderFiles.read(root.resolve(chain.getFirst().path()), true);
        if (!(files.transformer() instanceof BertArchitecture)
                && !(files.transformer() instanceof ModernBertArchitecture)) {
            throw new InvalidModelException(files.directory() + ": a "
                    + files.transformer().modelType()
                    + " is no bi-encoder here; use one of BERT's family (BERT, RoBERTa, DistilBERT, ModernBERT)");
        }
        LayoutJson model = LayoutJson.read(root.resolve(MODEL));
        SavedTransformer saved = SavedTransformer.of(files.directory());
        saved.refuseLowering();
        LayoutJson pooling = LayoutJson.read(root.resolve(chain.get(1).path()).resolve("config.json"));
        DenseLayout layout = new DenseLayout(
                files,
                text(TextRole.QUERY, model, saved, files, tokens),
                text(TextRole.DOCUMENT, model, saved, files, tokens),
                pooling(pooling),
                normalized,
                similarity(model));
        boolean prompted =
                !layout.query.prefix().isEmpty() || !layout.document.prefix().isEmpty();
        if (prompted && pooling.node().has("include_prompt") && !pooling.isTrue("include_prompt")) {
            throw pooling.refused("include_prompt is false, but prompts are always pooled here; use another model");
        }
        return layout;
    }

    private static TextContract text(
            TextRole role, LayoutJson model, SavedTransformer saved, EncoderFiles files, OptionalInt tokens) {
        int positions = files.transformer().maxPositions();
        if (tokens.isPresent() && tokens.getAsInt() > positions) {
            throw new InvalidModelException(files.directory() + ": max_tokens is " + tokens.getAsInt()
                    + ", but the model has " + positions + " positions; lower it");
        }
        int length = tokens.isPresent()
                ? tokens.getAsInt()
                : Math.min(saved.length(role).orElse(positions), positions);
        return new TextContract(SavedTransformer.prompt(model, role), "", true, length, 1, 0);
    }

    /** Its name since version 6, or the flags of before. */
    private static Pooling pooling(LayoutJson config) {
        if (!config.exists()) {
            throw config.refused("the file of the Pooling is missing; copy the model again, with its sub-directories");
        }
        List<String> modes = config.node().has("pooling_mode")
                ? config.node().path("pooling_mode").isTextual()
                        ? List.of(config.text("pooling_mode").orElseThrow())
                        : List.of("several at once")
                : config.node().properties().stream()
                        .filter(flag -> flag.getKey().startsWith("pooling_mode_")
                                && flag.getValue().asBoolean(false))
                        .map(flag -> flag.getKey().substring("pooling_mode_".length()))
                        .toList();
        return switch (String.join(" and ", modes)) {
            case "mean", "mean_tokens" -> Pooling.MEAN;
            case "cls", "cls_token" -> Pooling.CLS;
            default -> throw config.refused("the pooling is " + modes + ", but only mean and cls are supported");
        };
    }

    private static Similarity similarity(LayoutJson model) {
        String name = model.text("similarity_fn_name").orElse("cosine").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "cosine" -> Similarity.COSINE;
            case "dot", "dot_product" -> Similarity.DOT;
            default ->
                throw model.refused("similarity_fn_name is '" + name + "', but only cosine and dot are supported");
        };
    }

    /** How texts of a role become tokens. */
    public TextContract text(TextRole role) {
        return role == TextRole.QUERY ? query : document;
    }
}
