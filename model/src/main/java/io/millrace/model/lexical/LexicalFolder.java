package io.millrace.model.lexical;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A folder with a lexical model: {@value #MANIFEST} and {@value #TERMS}. */
public final class LexicalFolder {
    /** File name of the settings, by which such a folder is told from a checkpoint. */
    public static final String MANIFEST = "lexical.json";

    /** File name of the table of terms. */
    static final String TERMS = "terms.bin";

    /** All its files. */
    public static final List<String> FILES = List.of(MANIFEST, TERMS);

    private LexicalFolder() {}

    /** Whether a folder holds a lexical model. */
    public static boolean is(Path folder) {
        return Files.isRegularFile(folder.resolve(MANIFEST));
    }

    /**
     * Writes a model. The manifest comes last and at once, so that a folder that has one is whole.
     *
     * @param folder made if it is not there
     * @param rows of the table of terms
     */
    static LexicalManifest write(
            Path folder, LexicalSettings settings, List<TermTable.Row> rows, long documents, long tokens)
            throws IOException {
        Files.createDirectories(folder);
        Path terms = folder.resolve(TERMS);
        TermTable.write(terms, rows);
        LexicalManifest manifest = new LexicalManifest(settings, documents, tokens, digest(Files.readAllBytes(terms)));
        Path unfinished = folder.resolve(MANIFEST + ".part");
        Files.writeString(unfinished, manifest.toString());
        Files.move(
                unfinished,
                folder.resolve(MANIFEST),
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.ATOMIC_MOVE);
        return manifest;
    }

    static LexicalManifest manifest(Path folder) throws IOException {
        Path file = folder.resolve(MANIFEST);
        return LexicalManifest.read(file.toString(), Files.readString(file));
    }

    /**
     * The table of terms.
     *
     * @throws InvalidModelException if it is missing, damaged, or not the one that the manifest was written for
     * @throws IOException if it cannot be read
     */
    static TermTable terms(Path folder, LexicalManifest manifest) throws IOException {
        Path file = folder.resolve(TERMS);
        if (!Files.isRegularFile(file)) {
            throw new InvalidModelException(
                    folder + " has " + MANIFEST + " but no " + TERMS + "; make the folder again");
        }
        byte[] bytes = Files.readAllBytes(file);
        if (!digest(bytes).equals(manifest.termsDigest())) {
            throw new InvalidModelException(file + " has SHA-256 " + digest(bytes) + ", but " + MANIFEST
                    + " was written for " + manifest.termsDigest() + "; make the folder again");
        }
        return TermTable.read(file, bytes, manifest.documents());
    }

    static String digest(String text) {
        return digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-256, 64 lower-case hexadecimal characters. */
    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
