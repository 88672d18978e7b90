package io.millrace.encoder.models;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.service.blob.BlobException;
import io.millrace.service.blob.BlobLimits;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.service.registry.ManifestRules;
import io.millrace.service.registry.ModelAssembly;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.PublishedModel;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of published models on a worker's disk, by their hash, and a folder of links for each model. Files are hashed again
 * before each use. Where room is short, the models unused for longest go; one that is in use never does.
 *
 * <p>Belongs to one process. One thread at a time, but for {@link Lease#close}.
 */
public final class ModelCache implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);
    private static final long MIN_FREE_BYTES = 64L << 20;
    private static final Duration DRAFT_GRACE = Duration.ofDays(1);
    private static final String MANIFEST = ".manifest";

    private final Path folder;
    private final boolean temporary;
    private final FileChannel lock;
    private final BlobStore store;
    private final Path models;
    private final Set<String> used = ConcurrentHashMap.newKeySet();

    /** A model's folder, kept while it is held. */
    public final class Lease implements AutoCloseable {
        private final String manifest;

        private Lease(String manifest) {
            this.manifest = manifest;
        }

        /** Folder with the model's files, to be read only. */
        public Path folder() {
            return models.resolve(manifest);
        }

        @Override
        public void close() {
            used.remove(manifest);
        }
    }

    private ModelCache(Path folder, boolean temporary, FileChannel lock, BlobStore store) {
        this.folder = folder;
        this.temporary = temporary;
        this.lock = lock;
        this.store = store;
        this.models = folder.resolve("models");
    }

    /**
     * Opens or makes a cache.
     *
     * @param maxBytes of all files
     * @throws IOException if the folder cannot be used, or another process uses it
     */
    public static ModelCache open(Path folder, long maxBytes) throws IOException {
        return open(folder, maxBytes, false);
    }

    /** A cache that is removed when it is closed. */
    public static ModelCache temporary(long maxBytes) throws IOException {
        return open(Files.createTempDirectory("millrace-models"), maxBytes, true);
    }

    private static ModelCache open(Path folder, long maxBytes, boolean temporary) throws IOException {
        Files.createDirectories(folder.resolve("models"));
        FileChannel lock =
                FileChannel.open(folder.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!locked(lock)) {
                throw new IOException(
                        "another worker uses the model cache " + folder + "; give each its own --model-cache");
            }
            BlobStore store = BlobStore.open(folder, new BlobLimits(maxBytes, maxBytes, MIN_FREE_BYTES));
            return new ModelCache(folder, temporary, lock, store);
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException held) { // by this very process
            return false;
        }
    }

    /**
     * Fetches what is missing of a model and puts it into a folder.
     *
     * @param progress told of bytes as they arrive; what it throws ends the fetch, which can be resumed
     * @throws BlobException if there is no room, or a file is not what the manifest says
     * @throws io.grpc.StatusRuntimeException if the registry does not answer, or does not have it
     */
    public Lease prepare(PublishedModel model, RegistryClient registry, LongConsumer progress)
            throws IOException, InterruptedException {
        ModelManifest manifest = model.getManifest();
        String name = new Sha256(model.getSummary().getManifestSha256()).hex();
        if (!used.add(name)) {
            throw new IllegalStateException("model " + name + " is in use already");
        }
        Lease lease = new Lease(name);
        try {
            makeRoom(name, manifest);
            for (ModelFile file : manifest.getFilesList()) {
                checkStored(new Sha256(file.getBlob().getSha256()));
                registry.fetch(file.getBlob(), store, progress);
            }
            // The links are made anew: they may be those of files that were put aside.
            ModelAssembly.remove(lease.folder());
            Files.write(models.resolve(name + MANIFEST), manifest.toByteArray());
            ModelAssembly.assemble(manifest, store, lease.folder());
            return lease;
        } catch (IOException | InterruptedException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private void checkStored(Sha256 id) throws IOException {
        if (store.size(id).isPresent()) {
            try {
                store.verify(id);
            } catch (BlobException e) {
                LOG.warn("fetching a cached file again: {}", e.getMessage());
            }
        }
    }

    private void makeRoom(String name, ModelManifest manifest) throws IOException {
        store.expireDrafts(Instant.now().minus(DRAFT_GRACE));
        Set<Sha256> wanted = files(manifest);
        long need = ManifestRules.sizeBytes(manifest)
                - wanted.stream().mapToLong(id -> store.size(id).orElse(0)).sum();
        Files.deleteIfExists(models.resolve(name + MANIFEST)); // written anew when all is there
        for (Path oldest : cached()) {
            if (store.totalBytes() + need <= store.limits().totalBytes()) {
                return;
            }
            String other = String.valueOf(oldest.getFileName()).replace(MANIFEST, "");
            if (!used.contains(other)) {
                LOG.info("cached model removed: manifest={}", other);
                ModelAssembly.remove(models.resolve(other));
                Files.deleteIfExists(oldest);
                removeUnnamed(wanted);
            }
        }
        if (store.totalBytes() + need > store.limits().totalBytes()) {
            removeUnnamed(wanted);
        }
    }

    /** Manifests of cached models, the one unused for longest first. */
    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.list(models)) {
            return files.filter(file -> String.valueOf(file.getFileName()).endsWith(MANIFEST))
                    .sorted(Comparator.comparing(ModelCache::lastUse))
                    .toList();
        }
    }

    private static FileTime lastUse(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    private void removeUnnamed(Set<Sha256> wanted) throws IOException {
        Set<Sha256> named = new HashSet<>(wanted);
        for (Path file : cached()) {
            try {
                named.addAll(files(ModelManifest.parseFrom(Files.readAllBytes(file))));
            } catch (InvalidProtocolBufferException | IllegalArgumentException damaged) {
                Files.deleteIfExists(file); // its files are fetched again when it is asked for
            }
        }
        for (Sha256 id : store.all()) {
            if (!named.contains(id)) {
                store.delete(id);
            }
        }
    }

    private static Set<Sha256> files(ModelManifest manifest) {
        Set<Sha256> ids = new HashSet<>();
        manifest.getFilesList()
                .forEach(file -> ids.add(new Sha256(file.getBlob().getSha256())));
        return ids;
    }

    @Override
    public void close() {
        try {
            lock.close();
            if (temporary) {
                ModelAssembly.remove(folder);
            }
        } catch (IOException e) {
            LOG.warn("the model cache {} was not closed cleanly", folder, e);
        }
    }
}
