package io.millrace.service.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256.
 *
 * @param hex 64 lower-case hexadecimal characters
 */
public record Sha256(String hex) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Checks the form, so that a hash can be a file name.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public Sha256 {
        if (!isHex(hex)) {
            String seen = hex.length() > 80 ? hex.substring(0, 80) + "…" : hex;
            throw new IllegalArgumentException(
                    "'" + seen + "' is not a SHA-256; give 64 lower-case hexadecimal characters");
        }
    }

    /** Whether a text has the form of a hash. */
    public static boolean isHex(String text) {
        return HEX.matcher(text).matches();
    }

    /** Of bytes. */
    public static Sha256 of(byte[] bytes) {
        return new Sha256(HexFormat.of().formatHex(newDigest().digest(bytes)));
    }

    /** Of a file, read once. */
    public static Sha256 ofFile(Path file) throws IOException {
        MessageDigest digest = newDigest();
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                digest.update(chunk, 0, read);
            }
        }
        return of(digest);
    }

    /** Of what a digest was given; the digest starts anew. */
    public static Sha256 of(MessageDigest digest) {
        return new Sha256(HexFormat.of().formatHex(digest.digest()));
    }

    /** A digest that has been given nothing. */
    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return hex;
    }
}
