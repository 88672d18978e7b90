package io.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Checkpoint directories for tests: random weights of the fixtures, and tokenizers of whole words. */
public final class TinyCheckpoints {
    private static final Path RESOURCES = Path.of("src/test/resources");
    private static final JsonMapper JSON = new JsonMapper();

    private TinyCheckpoints() {}

    /** A directory with a fixture's weights and configuration, and no tokenizer. */
    public static Path weights(String fixture, Path target) throws IOException {
        Files.createDirectories(target);
        for (String file : List.of(Checkpoint.CONFIG, WeightFiles.SINGLE)) {
            Files.write(
                    target.resolve(file),
                    Files.readAllBytes(RESOURCES.resolve(fixture).resolve(file)));
        }
        return target;
    }

    /** A copy of a fixture's whole directory. */
    public static Path copy(String fixture, Path target) throws IOException {
        Path source = RESOURCES.resolve(fixture);
        try (Stream<Path> files = Files.walk(source)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                Path copy = target.resolve(source.relativize(file).toString());
                try {
                    Files.createDirectories(copy.getParent());
                    Files.write(copy, Files.readAllBytes(file));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return target;
    }

    /**
     * Writes a tokenizer of whole lower-case words; a word that is not in it is the unknown one.
     *
     * @param controls first terms, from id 0, of which the last is the unknown one
     * @param opening control put before texts; empty for none
     * @param closing control put behind texts; empty for none
     * @param words further terms; {@code w0}, {@code w1} and so on follow up to {@code size}
     */
    public static void tokenizer(
            Path directory, List<String> controls, String opening, String closing, List<String> words, int size)
            throws IOException {
        ObjectNode root = JSON.createObjectNode().put("version", "1.0");
        root.putNull("truncation").putNull("padding");
        for (int id = 0; id < controls.size(); id++) {
            root.withArray("/added_tokens")
                    .addObject()
                    .put("id", id)
                    .put("content", controls.get(id))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        root.putObject("normalizer").put("type", "Lowercase");
        root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
        template(root, controls, opening, closing);
        root.putNull("decoder");
        ObjectNode model = root.putObject("model").put("type", "WordLevel").put("unk_token", controls.getLast());
        ObjectNode vocabulary = model.putObject("vocab");
        controls.forEach(term -> vocabulary.put(term, vocabulary.size()));
        words.forEach(term -> vocabulary.put(term, vocabulary.size()));
        for (int i = 0; vocabulary.size() < size; i++) {
            vocabulary.put("w" + i, vocabulary.size());
        }
        Files.writeString(directory.resolve(Checkpoint.TOKENIZER), root.toString());
    }

    private static void template(ObjectNode root, List<String> controls, String opening, String closing) {
        if (opening.isEmpty() && closing.isEmpty()) {
            root.putNull("post_processor");
            return;
        }
        ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
        for (String token : List.of(opening, "$A", closing)) {
            if (token.equals("$A")) {
                processor
                        .withArray("/single")
                        .addObject()
                        .putObject("Sequence")
                        .put("id", "A")
                        .put("type_id", 0);
            } else if (!token.isEmpty()) {
                processor
                        .withArray("/single")
                        .addObject()
                        .putObject("SpecialToken")
                        .put("id", token)
                        .put("type_id", 0);
                ObjectNode special =
                        processor.withObject("/special_tokens").putObject(token).put("id", token);
                special.putArray("ids").add(controls.indexOf(token));
                special.putArray("tokens").add(token);
            }
        }
        processor.set("pair", processor.path("single").deepCopy());
        processor.withObject("/special_tokens");
    }

    /** Reads a JSON file of a fixture. */
    public static JsonNode json(Path file) throws IOException {
        return JSON.readTree(file.toFile());
    }

    /** Changes a text in a file, which must be there. */
    public static void replace(Path file, String old, String other) throws IOException {
        String text = Files.readString(file);
        if (!text.contains(old)) {
            throw new AssertionError(file + " has no '" + old + "': " + text);
        }
        Files.writeString(file, text.replace(old, other));
    }
}
