package io.millrace.trainer.publish;

import io.millrace.service.blob.Sha256;
import io.millrace.v1.BlobId;
import io.millrace.v1.ModelFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file to publish.
 *
 * @param entry where it belongs, its size and its hash
 * @param content its bytes
 */
record LocalFile(ModelFile entry, Content content) {
    /** Opens the bytes anew each time. */
    interface Content {
        InputStream open() throws IOException;
    }

    /** A file of a folder. */
    static LocalFile of(Path folder, String path) throws IOException {
        Path file = folder.resolve(path);
        return new LocalFile(entry(path, Sha256.ofFile(file), Files.size(file)), () -> Files.newInputStream(file));
    }

    /** A file that is not in the folder. */
    static LocalFile of(String path, byte[] bytes) {
        return new LocalFile(entry(path, Sha256.of(bytes), bytes.length), () -> new ByteArrayInputStream(bytes));
    }

    BlobId blob() {
        return entry.getBlob();
    }

    private static ModelFile entry(String path, Sha256 hash, long sizeBytes) {
        return ModelFile.newBuilder()
                .setPath(path)
                .setBlob(BlobId.newBuilder().setSha256(hash.hex()).setSizeBytes(sizeBytes))
                .build();
    }
}
