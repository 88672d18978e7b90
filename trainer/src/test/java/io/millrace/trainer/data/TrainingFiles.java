package io.millrace.trainer.data;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * Small files of training data.
 *
 * @param folder where they are written
 */
public record TrainingFiles(Path folder) {
    /** Writes a file, gzipped if its name says so. */
    public Path write(String name, String... lines) {
        Path file = folder.resolve(name);
        String text = lines.length == 0 ? "" : String.join("\n", lines) + "\n";
        try (OutputStream plain = Files.newOutputStream(file);
                OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(plain) : plain) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** Folder of stores. */
    public Path stores() {
        return folder.resolve("stores");
    }
}
