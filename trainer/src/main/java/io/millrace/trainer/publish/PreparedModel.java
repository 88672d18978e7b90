package io.millrace.trainer.publish;

import io.millrace.v1.ModelManifest;
import java.util.List;

/**
 * A model that passed its checks, ready to be sent.
 *
 * @param manifest without a version
 * @param files it names
 * @param left paths of the folder that are not part of it
 */
public record PreparedModel(ModelManifest manifest, List<LocalFile> files, List<String> left) {
    /** Bytes of all files. */
    public long sizeBytes() {
        return files.stream().mapToLong(file -> file.blob().getSizeBytes()).sum();
    }
}
