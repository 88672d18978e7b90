package io.millrace.deploy.local;

import io.millrace.model.lexical.LexicalFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where checkpoints are. */
public final class Models {
    private static final String EMBEDDED = "models/millrace-tiny";

    private Models() {}

    /**
     * A folder of a checkpoint or a lexical model.
     *
     * @param chosen the user's choice; null = the embedded model, in the folder that the launcher names
     * @throws IllegalArgumentException if there is no model
     */
    public static Path find(@Nullable Path chosen) {
        Path folder = chosen == null ? home().resolve(EMBEDDED) : chosen;
        if (!Files.isRegularFile(folder.resolve("config.json")) && !LexicalFolder.is(folder)) {
            throw new IllegalArgumentException(folder
                    + " holds no config.json; --model names a checkpoint folder with config.json,"
                    + " model.safetensors and tokenizer.json, or a lexical model with " + LexicalFolder.MANIFEST);
        }
        return folder;
    }

    /** The project's folder, which the launcher names; the working folder without it. */
    public static Path home() {
        return Path.of(System.getProperty("millrace.home", ""));
    }
}
