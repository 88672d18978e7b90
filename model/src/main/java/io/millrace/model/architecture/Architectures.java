package io.millrace.model.architecture;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads {@code config.json} files. */
public final class Architectures {
    /** Model types that can be loaded, as {@code config.json} names them. */
    public static final List<String> SUPPORTED = List.of(
            "bert",
            "distilbert",
            "roberta",
            "xlm-roberta",
            "modernbert",
            "t5",
            "opt",
            "llama",
            "mistral",
            "qwen2",
            "qwen3");

    private Architectures() {}

    /**
     * Reads a {@code config.json}.
     *
     * @throws InvalidModelException if the model's type is not supported, or a field is missing or out of range
     * @throws IOException if the file cannot be read
     */
    public static Architecture read(Path configJson) throws IOException {
        ConfigJson config = ConfigJson.read(configJson);
        return switch (config.text("model_type", "")) {
            case "bert" -> BertArchitecture.bert(config);
            case "distilbert" -> BertArchitecture.distilBert(config);
            case "roberta", "xlm-roberta" -> BertArchitecture.roberta(config);
            case "modernbert" -> ModernBertArchitecture.read(config);
            case "t5" -> T5Architecture.read(config);
            case "opt" -> OptArchitecture.read(config);
            case "llama", "mistral", "qwen2", "qwen3" -> LlamaArchitecture.read(config);
            default ->
                throw config.refused(
                        "model_type", "the supported ones are " + SUPPORTED + "; use a checkpoint of one of them");
        };
    }
}
