package io.millrace.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A word-level tokenizer of 97 terms, w0 to w96, for models without one of their own. */
public final class TinyTokenizer {
    private TinyTokenizer() {}

    /** A copy of a model's directory with a tokenizer in it. */
    public static Path beside(Path model, Path target) throws IOException {
        Files.createDirectories(target);
        try (var files = Files.list(model)) {
            for (Path file : files.toList()) {
                Files.write(target.resolve(file.getFileName().toString()), Files.readAllBytes(file));
            }
        }
        String terms =
                IntStream.range(0, 97).mapToObj(id -> "\"w" + id + "\": " + id).collect(Collectors.joining(", "));
        Files.writeString(target.resolve("tokenizer.json"), """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [
                  {"id": 2, "content": "w2", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                   "special": true},
                  {"id": 3, "content": "w3", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                   "special": true}],
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
                """.formatted(terms));
        return target;
    }
}
