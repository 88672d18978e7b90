package io.millrace.trainer.data.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a store was built from, as far as it can be told without reading it.
 *
 * @param bytes size of the file
 * @param modifiedMillis when it was last written, milliseconds since 1970
 */
public record SourceStamp(long bytes, long modifiedMillis) {
    /** The stamp of a file as it is now. */
    public static SourceStamp of(Path file) throws IOException {
        return new SourceStamp(Files.size(file), Files.getLastModifiedTime(file).toMillis());
    }
}
