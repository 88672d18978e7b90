package io.millrace.model.layout;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.TextRole;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What sentence-transformers saved of its Transformer module beside the model itself.
 *
 * @param directory of the module
 * @param settings its own; without keys if there are none
 * @param tokenizer settings of the tokenizer
 */
record SavedTransformer(Path directory, LayoutJson settings, LayoutJson tokenizer) {
    static SavedTransformer of(Path directory) throws IOException {
        return new SavedTransformer(
                directory, settings(directory), LayoutJson.read(directory.resolve("tokenizer_config.json")));
    }

    private static LayoutJson settings(Path directory) throws IOException {
        for (String family : List.of("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")) {
            LayoutJson settings = LayoutJson.read(directory.resolve("sentence_" + family + "_config.json"));
            if (settings.exists()) {
                return settings;
            }
        }
        return LayoutJson.read(directory.resolve("sentence_bert_config.json"));
    }

    /** In the order in which sentence-transformers looks: the module's setting, then the tokenizer's. */
    OptionalInt length(TextRole role) {
        return Stream.of(
                        settings.at("processing_kwargs").at("text").count("max_length"),
                        settings.count(role == TextRole.QUERY ? "query_length" : "document_length"),
                        settings.count("max_seq_length"),
                        tokenizer.count("model_max_length"))
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    /** Lower-casing that is asked for beside the tokenizer would be lost, and with it most words' terms. */
    void refuseLowering() throws IOException {
        if (!settings.isTrue("do_lower_case")) {
            return;
        }
        JsonNode normalizer = LayoutJson.read(directory.resolve(EncoderFiles.TOKENIZER))
                .node()
                .path("normalizer");
        boolean lowers = normalizer.findValues("lowercase").stream().anyMatch(JsonNode::asBoolean)
                || normalizer.findValuesAsText("type").contains("Lowercase")
                || normalizer.path("type").asText().equals("Lowercase");
        if (!lowers) {
            throw settings.refused("do_lower_case is true, but the normalizer of " + EncoderFiles.TOKENIZER
                    + " does not put texts into lower case; add a Lowercase normalizer to it");
        }
    }

    /** What is put before the texts of a role, by the model's own settings; empty for nothing. */
    static String prompt(LayoutJson model, TextRole role) {
        List<String> names = role == TextRole.QUERY ? List.of("query") : List.of("document", "passage", "corpus");
        LayoutJson prompts = model.at("prompts");
        return names.stream()
                .map(prompts::text)
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> model.text("default_prompt_name").flatMap(prompts::text))
                .orElse("");
    }
}
