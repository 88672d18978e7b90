package io.millrace.coordinator.registry;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.coordinator.catalog.MetadataFile;
import io.millrace.service.Refusals;
import io.millrace.service.blob.BlobDraft;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.service.registry.ManifestRules;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.BlobId;
import io.millrace.v1.ClusterMetadata;
import io.millrace.v1.Collection;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.MissingBlob;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.MissingBlobsResponse;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelReference;
import io.millrace.v1.ModelSummary;
import io.millrace.v1.PublishModelResponse;
import io.millrace.v1.PublishedModel;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The published models. A manifest is a file of the store, too, under its own hash; the cluster's catalog names it, and changes
 * last. So a crash at any point leaves a model that is whole or not there, and files that nobody names.
 *
 * <p>Publishing, deleting and collecting exclude each other, so that no file goes between being found and being named. Safe
 * for any thread.
 */
public final class ModelCatalog {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
    private static final int NAMES_IN_MESSAGES = 20;

    private final MetadataFile metadata;
    private final BlobStore store;
    private final Duration grace;

    /**
     * Over the cluster's catalog and a store.
     *
     * @param grace see {@link RegistryLimits}
     */
    public ModelCatalog(MetadataFile metadata, BlobStore store, Duration grace) {
        this.metadata = metadata;
        this.store = store;
        this.grace = grace;
    }

    /** What of these files is to be pushed; begins the grace of all of them anew. */
    public synchronized MissingBlobsResponse missing(MissingBlobsRequest request) throws IOException {
        int count = request.getBlobsCount();
        if (count == 0 || count > ManifestRules.MAX_FILES) {
            throw Refusals.invalidArgument("blobs", "has " + count + " files; ask for 1 to " + ManifestRules.MAX_FILES);
        }
        MissingBlobsResponse.Builder response = MissingBlobsResponse.newBuilder();
        for (BlobId blob : request.getBlobsList()) {
            Sha256 id = hash("blobs.sha256", blob.getSha256());
            OptionalLong size = store.size(id);
            if (size.isEmpty()) {
                response.addMissing(
                        MissingBlob.newBuilder().setSha256(id.hex()).setReceivedBytes(store.draftBytes(id)));
            } else if (size.getAsLong() != blob.getSizeBytes()) {
                throw otherSize(id, size.getAsLong(), blob.getSizeBytes());
            } else {
                store.touch(id);
            }
        }
        return response.build();
    }

    /** Publishes a model whose files are all there. */
    public synchronized PublishModelResponse publish(ModelManifest manifest) throws IOException {
        ManifestRules.violation(manifest).ifPresent(violation -> {
            throw Refusals.invalidArgument("manifest." + violation.field(), violation.message());
        });
        checkVectors(manifest.getGolden());
        if (manifest.hasParent()) {
            require(ModelName.of(manifest.getParent()));
        }
        Optional<ModelSummary> published = sameAs(manifest);
        if (published.isPresent()) {
            return PublishModelResponse.newBuilder()
                    .setModel(withLatest(published.get()))
                    .build();
        }
        for (ModelFile file : manifest.getFilesList()) {
            requireStored(file);
        }
        long version = version(manifest);
        ModelManifest numbered = manifest.toBuilder().setVersion(version).build();
        ModelSummary summary = ModelSummary.newBuilder()
                .setModel(
                        ModelReference.newBuilder().setName(manifest.getName()).setVersion(version))
                .setSpaceId(manifest.getSpaceId())
                .setSizeBytes(ManifestRules.sizeBytes(manifest))
                .setManifestSha256(storeManifest(numbered).hex())
                .setPublishedAtMillis(System.currentTimeMillis())
                .build();
        metadata.update(m -> m.toBuilder()
                .addModels(summary)
                .putLastModelVersion(manifest.getName(), version)
                .build());
        LOG.info(
                "model published: name={} version={} space={} bytes={}",
                manifest.getName(),
                version,
                manifest.getSpaceId(),
                summary.getSizeBytes());
        return PublishModelResponse.newBuilder()
                .setModel(withLatest(summary))
                .setCreated(true)
                .build();
    }

    /** All versions of a model, or of all with an empty name; by name and version. */
    public List<ModelSummary> list(String name) {
        return metadata.current().getModelsList().stream()
                .filter(model -> name.isEmpty() || model.getModel().getName().equals(name))
                .sorted(Comparator.comparing(
                                (ModelSummary model) -> model.getModel().getName())
                        .thenComparingLong(model -> model.getModel().getVersion()))
                .map(this::withLatest)
                .toList();
    }

    /** A model with its manifest, and which of its files are not as they should be. */
    public synchronized PublishedModel describe(ModelName name) throws IOException {
        ModelSummary summary = require(name);
        ModelManifest manifest = manifest(summary);
        PublishedModel.Builder model =
                PublishedModel.newBuilder().setSummary(withLatest(summary)).setManifest(manifest);
        for (ModelFile file : manifest.getFilesList()) {
            OptionalLong size = store.size(new Sha256(file.getBlob().getSha256()));
            if (size.isEmpty() || size.getAsLong() != file.getBlob().getSizeBytes()) {
                model.addLost(file);
            }
        }
        return model.build();
    }

    /**
     * Forgets a version and removes what only it named.
     *
     * @param force also when collections are in its space
     * @return bytes removed now
     */
    public synchronized long delete(ModelName name, boolean force) throws IOException {
        if (name.version() == 0) {
            throw Refusals.invalidArgument("model.version", "is 0; say which version to delete");
        }
        ModelSummary summary = require(name);
        List<String> users = collectionsOf(summary);
        if (!force && !users.isEmpty()) {
            throw Refusals.failedPrecondition("collections " + users + " are in the space of " + name
                    + ", and no other version is; drop them first, or force it");
        }
        metadata.update(m -> m.toBuilder()
                .clearModels()
                .addAllModels(m.getModelsList().stream()
                        .filter(model -> !model.getModel().equals(summary.getModel()))
                        .toList())
                .build());
        LOG.info("model deleted: name={} version={}", name.name(), name.version());
        return collect();
    }

    /** Removes the files that no manifest names and whose grace is over, and unfinished ones; returns their bytes. */
    public synchronized long collect() throws IOException {
        Set<Sha256> named;
        try {
            named = named();
        } catch (StatusRuntimeException e) { // what its files are is not known, so any could be one of them
            LOG.error("no file is removed: {}", Refusals.inOneLine(e.getStatus()));
            return 0;
        }
        Instant before = Instant.now().minus(grace);
        long bytes = 0;
        for (Sha256 id : store.all()) {
            if (!named.contains(id) && !store.touched(id).isAfter(before)) {
                bytes += store.size(id).orElse(0);
                store.delete(id);
                LOG.info("file removed that no model names: sha256={}", id);
            }
        }
        int drafts = store.expireDrafts(before);
        if (drafts > 0) {
            LOG.info("unfinished pushes removed: {}", drafts);
        }
        return bytes;
    }

    /** Files of all published models, and their manifests. */
    private Set<Sha256> named() throws IOException {
        Set<Sha256> named = new HashSet<>();
        for (ModelSummary summary : metadata.current().getModelsList()) {
            named.add(new Sha256(summary.getManifestSha256()));
            for (ModelFile file : manifest(summary).getFilesList()) {
                named.add(new Sha256(file.getBlob().getSha256()));
            }
        }
        return named;
    }

    private ModelSummary require(ModelName name) {
        List<ModelSummary> versions = list(name.name());
        return versions.stream()
                .filter(model -> name.version() == 0
                        ? model.getLatest()
                        : model.getModel().getVersion() == name.version())
                .findFirst()
                .orElseThrow(() -> Refusals.notFound("there is no model " + name + "; " + available(versions)));
    }

    private String available(List<ModelSummary> versions) {
        List<ModelSummary> offered = versions.isEmpty() ? list("") : versions;
        return offered.isEmpty()
                ? "none is published yet"
                : "there are: "
                        + offered.stream()
                                .map(model -> ModelName.of(model.getModel()).toString())
                                .limit(NAMES_IN_MESSAGES)
                                .collect(Collectors.joining(", "));
    }

    private ModelSummary withLatest(ModelSummary summary) {
        long latest = metadata.current().getModelsList().stream()
                .map(ModelSummary::getModel)
                .filter(model -> model.getName().equals(summary.getModel().getName()))
                .mapToLong(ModelReference::getVersion)
                .max()
                .orElse(0);
        return summary.toBuilder()
                .setLatest(summary.getModel().getVersion() == latest)
                .build();
    }

    private Optional<ModelSummary> sameAs(ModelManifest manifest) throws IOException {
        for (ModelSummary summary : list(manifest.getName())) {
            boolean asked = manifest.getVersion() == 0
                    || manifest.getVersion() == summary.getModel().getVersion();
            if (asked && essence(manifest(summary)).equals(essence(manifest))) {
                return Optional.of(summary);
            }
        }
        return Optional.empty();
    }

    /** A manifest but for what differs from publishing to publishing. */
    private static ModelManifest essence(ModelManifest manifest) {
        return manifest.toBuilder().clearVersion().clearCreatedAtMillis().build();
    }

    private long version(ModelManifest manifest) {
        long next = metadata.current().getLastModelVersionOrDefault(manifest.getName(), 0) + 1;
        long asked = manifest.getVersion();
        if (asked != 0 && asked < next) {
            throw Refusals.alreadyExists("version " + asked + " of " + manifest.getName()
                    + " was given to another manifest, and a version never changes; leave the version 0 to get "
                    + next);
        }
        if (asked > next) {
            throw Refusals.invalidArgument(
                    "manifest.version", "is " + asked + ", but the next of " + manifest.getName() + " is " + next);
        }
        return next;
    }

    private void requireStored(ModelFile file) {
        Sha256 id = new Sha256(file.getBlob().getSha256());
        OptionalLong size = store.size(id);
        if (size.isEmpty()) {
            throw Refusals.failedPrecondition("file '" + file.getPath() + "' with SHA-256 " + id
                    + " has not been pushed; push it with PushBlob, then publish again");
        }
        if (size.getAsLong() != file.getBlob().getSizeBytes()) {
            throw otherSize(id, size.getAsLong(), file.getBlob().getSizeBytes());
        }
    }

    private static StatusRuntimeException otherSize(Sha256 id, long stored, long announced) {
        return Refusals.failedPrecondition("the file with SHA-256 " + id + " has " + stored
                + " bytes, but was announced with " + announced + "; correct the size");
    }

    private Sha256 storeManifest(ModelManifest manifest) throws IOException {
        byte[] bytes = manifest.toByteArray();
        Sha256 id = Sha256.of(bytes);
        if (store.size(id).isEmpty()) {
            try (BlobDraft draft = store.draft(id, bytes.length, 0)) {
                draft.write(ByteBuffer.wrap(bytes));
                draft.commit();
            }
        }
        return id;
    }

    private ModelManifest manifest(ModelSummary summary) throws IOException {
        Sha256 id = new Sha256(summary.getManifestSha256());
        byte[] bytes = store.size(id).isPresent() ? Files.readAllBytes(store.path(id)) : new byte[0];
        try {
            if (Sha256.of(bytes).equals(id)) {
                return ModelManifest.parseFrom(bytes);
            }
        } catch (InvalidProtocolBufferException e) {
            LOG.error("manifest {} has its hash, but cannot be read", id, e);
        }
        throw Status.DATA_LOSS
                .withDescription("the manifest of " + ModelName.of(summary.getModel()) + " (" + store.path(id)
                        + ") is missing or damaged; restore the file from a backup, or delete this version")
                .asRuntimeException();
    }

    private List<String> collectionsOf(ModelSummary summary) {
        ClusterMetadata current = metadata.current();
        boolean another = current.getModelsList().stream()
                .anyMatch(model -> model.getSpaceId().equals(summary.getSpaceId())
                        && !model.getModel().equals(summary.getModel()));
        return another
                ? List.of()
                : current.getCollectionsList().stream()
                        .filter(collection ->
                                EncodingSpace.of(collection).model().equals(summary.getSpaceId()))
                        .map(Collection::getName)
                        .toList();
    }

    private static void checkVectors(GoldenTexts golden) {
        checkVectors("query_vectors", golden.getQueryVectors());
        checkVectors("document_vectors", golden.getDocumentVectors());
    }

    private static void checkVectors(String field, VectorBlock block) {
        try {
            VectorBlockCodec.decode(block.getPayload().toByteArray(), block.getCount(), block.getCrc32C());
        } catch (InvalidVectorException e) {
            throw Refusals.invalidArgument("manifest.golden." + field, String.valueOf(e.getMessage()));
        }
    }

    static Sha256 hash(String field, String hex) {
        if (!Sha256.isHex(hex)) {
            throw Refusals.invalidArgument(field, "is not a SHA-256; give 64 lower-case hexadecimal characters");
        }
        return new Sha256(hex);
    }
}
