package io.millrace.deploy.local;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where checkpoints are. */
public final class Models {
    private static final String EMBEDDED = "models/splade-tiny";

    private Models() {}

    /**
     * A checkpoint folder.
     *
     * @param chosen the user's choice; null = the embedded model, in the folder that the launcher names
     * @throws IllegalArgumentException if there is no checkpoint
     */
    public static Path find(@Nullable Path chosen) {
        Path folder = chosen == null ? home().resolve(EMBEDDED) : chosen;
        if (!Files.isRegularFile(folder.resolve("config.json"))) {
            throw new IllegalArgumentException(
                    folder + " holds no config.json; --model names a checkpoint folder with config.json,"
                            + " model.safetensors and tokenizer.json");
        }
        return folder;
    }

    /** The project's folder, which the launcher names; the working folder without it. */
    public static Path home() {
        return Path.of(System.getProperty("millrace.home", ""));
    }
}
