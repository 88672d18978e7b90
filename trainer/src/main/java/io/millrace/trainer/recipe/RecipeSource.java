package io.millrace.trainer.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A recipe before it is understood. A file may hold several, one behind the other, parted by lines of {@code ---}; one whose
 * {@code base} is {@code previous} begins with the checkpoint of the one before it, as CSPLADE's two phases do.
 *
 * @param name for messages
 * @param tree what it says
 * @param paths what paths in it mean
 */
public record RecipeSource(String name, JsonNode tree, RecipePaths paths) {
    /** What {@code base} says to go on from the recipe before. */
    public static final String PREVIOUS = "previous";

    private static final YAMLMapper YAML = new YAMLMapper();

    /**
     * Reads a file.
     *
     * @return its recipes, one at least
     * @throws InvalidRecipeException if it is not YAML
     * @throws IOException if it cannot be read
     */
    public static List<RecipeSource> read(Path file) throws IOException {
        Path folder = file.toAbsolutePath().normalize().getParent();
        return parse(
                Files.readString(file),
                String.valueOf(file.getFileName()),
                RecipePaths.local(folder == null ? Path.of("/") : folder));
    }

    /** The recipes of a text, see {@link #read}. */
    public static List<RecipeSource> parse(String text, String name, RecipePaths paths) {
        List<JsonNode> trees = new ArrayList<>();
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(text)) {
            while (documents.hasNextValue()) {
                trees.add(documents.nextValue());
            }
        } catch (JsonProcessingException e) {
            throw new InvalidRecipeException(name + " is not YAML: " + e.getOriginalMessage(), e);
        } catch (IOException | YAMLException e) {
            // The latter for what the parser of YAML itself limits, such as its depth.
            throw new InvalidRecipeException(name + " is not YAML: " + e.getMessage(), e);
        }
        if (trees.isEmpty()) {
            throw new InvalidRecipeException(name + " is empty; a recipe names a base, steps, a loss and data");
        }
        List<RecipeSource> sources = new ArrayList<>();
        for (JsonNode tree : trees) {
            String own = trees.size() == 1 ? name : name + " (" + (sources.size() + 1) + ")";
            sources.add(new RecipeSource(own, tree, paths));
        }
        return sources;
    }

    /** Whether it begins with the checkpoint of the recipe before it. */
    public boolean followsPrevious() {
        return tree.path("base").asText().equals(PREVIOUS);
    }

    /** The same beginning with a checkpoint. */
    public RecipeSource withBase(Path checkpoint) {
        ObjectNode changed = tree.deepCopy();
        return new RecipeSource(
                name, changed.put("base", checkpoint.toAbsolutePath().toString()), paths);
    }

    /** What a key says, if it is a text. */
    public Optional<String> text(String key) {
        return tree.path(key).isValueNode() && !tree.path(key).isNull()
                ? Optional.of(tree.path(key).asText())
                : Optional.empty();
    }

    /** The same with one key in place of another. */
    public RecipeSource with(String removed, String key, String value) {
        ObjectNode changed = tree.deepCopy();
        changed.remove(removed);
        return new RecipeSource(name, changed.put(key, value), paths);
    }

    /** As YAML, with all that decides the run. */
    public String text() {
        try {
            return YAML.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read can be written", e);
        }
    }
}
