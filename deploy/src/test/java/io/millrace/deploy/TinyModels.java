package io.millrace.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The recorded tiny checkpoints of the module model, with a tokenizer of words beside them. */
public final class TinyModels {
    private static final Path FOLDER = Path.of("../model/src/test/resources/golden-more");

    private TinyModels() {}

    /** A recorded case. */
    public static JsonNode recorded(String name) throws IOException {
        JsonNode recorded = new JsonMapper()
                .readTree(FOLDER.resolve("golden.json").toFile())
                .path("cases")
                .path(name);
        if (recorded.isMissingNode()) {
            throw new IllegalArgumentException("there is no recorded case " + name);
        }
        return recorded;
    }

    /** The directory of a LoRA adapter. */
    public static Path adapter(String name) {
        return FOLDER.resolve(name);
    }

    /** A copy of a checkpoint with a tokenizer of 97 words: w0, w1, ..., and the prefixes of presets. */
    public static Path copy(String model, Path target, List<Integer> specialIds) throws IOException {
        Files.createDirectories(target);
        try (var files = Files.list(FOLDER.resolve(model))) {
            for (Path file : files.toList()) {
                Files.write(target.resolve(file.getFileName().toString()), Files.readAllBytes(file));
            }
        }
        String terms = IntStream.range(0, 97)
                .mapToObj(id -> "\"" + word(id) + "\": " + id)
                .collect(Collectors.joining(", "));
        String special =
                specialIds.stream().map(id -> """
                        {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
                         "normalized": false, "special": true}""".formatted(id, word(id))).collect(Collectors.joining(", "));
        Files.writeString(target.resolve("tokenizer.json"), """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [%s],
                 "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
                 "post_processor": {"type": "TemplateProcessing",
                  "single": [{"SpecialToken": {"id": "w2", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "w3", "type_id": 0}}],
                  "pair": [{"SpecialToken": {"id": "w2", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "w3", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                   {"SpecialToken": {"id": "w3", "type_id": 1}}],
                  "special_tokens": {"w2": {"id": "w2", "ids": [2], "tokens": ["w2"]},
                   "w3": {"id": "w3", "ids": [3], "tokens": ["w3"]}}},
                 "decoder": null, "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
                """.formatted(special, terms));
        return target;
    }

    private static String word(int id) {
        return switch (id) {
            case 93 -> "query:";
            case 94 -> "passage:";
            case 95 -> "Query";
            case 96 -> "Passage";
            default -> "w" + id;
        };
    }

    /** A corpus in BEIR's layout: {@code id TAB text} each. */
    public static Path corpus(Path folder, List<String> documents) throws IOException {
        Files.createDirectories(folder);
        String lines = documents.stream()
                .map(document -> document.split("\t", 2))
                .map(fields -> "{\"_id\": \"" + fields[0] + "\", \"title\": \"\", \"text\": \"" + fields[1] + "\"}\n")
                .collect(Collectors.joining());
        Files.writeString(folder.resolve("corpus.jsonl"), lines);
        return folder;
    }
}
