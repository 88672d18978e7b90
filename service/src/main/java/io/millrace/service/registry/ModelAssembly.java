package io.millrace.service.registry;

import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Puts the files of a model, which a store has, where they belong. */
public final class ModelAssembly {
    private ModelAssembly() {}

    /**
     * Makes a model's folder; it is there as a whole or not at all. Files are links to those of the store where the file system
     * can do that, and copies elsewhere: they are to be read only.
     *
     * @param target must not exist
     * @throws IOException if a file is missing in the store, or cannot be put there
     */
    public static void assemble(ModelManifest manifest, BlobStore store, Path target) throws IOException {
        Path draft = target.resolveSibling(target.getFileName() + ".draft");
        remove(draft);
        Files.createDirectories(draft);
        for (ModelFile file : manifest.getFilesList()) {
            Path place = draft.resolve(file.getPath()).normalize();
            if (ManifestRules.pathProblem(file.getPath()).isPresent() || !place.startsWith(draft)) {
                throw new IOException("'" + file.getPath() + "' leads out of the model's folder; nothing was written");
            }
            Files.createDirectories(place.getParent());
            link(store.path(new Sha256(file.getBlob().getSha256())), place);
        }
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void link(Path stored, Path place) throws IOException {
        try {
            Files.createLink(place, stored);
        } catch (UnsupportedOperationException noLinks) {
            Files.copy(stored, place);
        }
    }

    /** Removes a folder with all that is in it; does nothing if there is none. */
    public static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
