package io.millrace.model.layout;

import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directory of one encoder: a tokenizer, and, unless it looks its weights up in a table, a transformer.
 *
 * @param directory where they are
 * @param architecture of the transformer; empty if nobody needs one
 * @param vocabulary of the tokenizer, terms by id
 */
public record EncoderFiles(Path directory, Optional<Architecture> architecture, Vocabulary vocabulary) {
    /** File name of the transformer's shape. */
    public static final String CONFIG = "config.json";

    /** File name of the tokenizer. */
    public static final String TOKENIZER = "tokenizer.json";

    /**
     * Reads a directory's shape and vocabulary; weights are not looked at.
     *
     * @param transformer whether a transformer is needed
     * @throws InvalidModelException if a file is missing, damaged or not supported, or the tokenizer has ids that the
     *     transformer does not know
     * @throws IOException if a file cannot be read
     */
    public static EncoderFiles read(Path directory, boolean transformer) throws IOException {
        Path configFile = transformer ? require(directory, CONFIG) : directory.resolve(CONFIG);
        Path tokenizerFile = require(directory, TOKENIZER);
        Vocabulary vocabulary = Vocabulary.read(tokenizerFile);
        if (!transformer) {
            return new EncoderFiles(directory, Optional.empty(), vocabulary);
        }
        Architecture architecture = Architectures.read(configFile);
        if (vocabulary.size() > architecture.vocabularySize()) {
            throw new InvalidModelException(tokenizerFile + " has " + vocabulary.size() + " ids, the last of which is '"
                    + vocabulary.term(vocabulary.size() - 1) + "', but " + configFile + " says the model knows "
                    + architecture.vocabularySize()
                    + "; the tokenizer belongs to another model: copy the one that this "
                    + "model was trained with");
        }
        return new EncoderFiles(directory, Optional.of(architecture), vocabulary);
    }

    /** The transformer's shape, which must be there. */
    public Architecture transformer() {
        return architecture.orElseThrow(
                () -> new IllegalStateException(directory + " was opened for a head that needs no transformer"));
    }

    /** A file that must be there. */
    public static Path require(Path directory, String name) {
        Path file = directory.resolve(name);
        if (Files.isRegularFile(file)) {
            return file;
        }
        String remedy = name.equals(TOKENIZER)
                ? "copy the tokenizer.json of the model that it was trained from, or save the tokenizer again with "
                        + "save_pretrained of its fast form"
                : "give the directory of a Hugging Face checkpoint saved with its fast tokenizer";
        throw new InvalidModelException(directory + " has no " + name + "; " + remedy);
    }
}
