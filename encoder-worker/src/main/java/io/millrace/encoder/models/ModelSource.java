package io.millrace.encoder.models;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.model.EncoderOptions;
import io.millrace.service.Refusals;
import io.millrace.service.blob.BlobException;
import io.millrace.service.registry.ModelName;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.PublishedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where published models come from: a registry, by way of a cache that is opened when it is first needed. One thread at a time.
 */
public final class ModelSource implements AutoCloseable {
    private final Settings settings;
    private final ModelOpener opener;
    private @Nullable ModelCache cache;

    /**
     * What a worker was told.
     *
     * @param coordinator {@code host:port}; empty = each call must name one
     * @param cacheFolder empty = a temporary one
     * @param cacheBytes most bytes in it
     */
    public record Settings(String coordinator, Optional<Path> cacheFolder, long cacheBytes) {}

    /** A source that nothing has been asked of yet. */
    public ModelSource(Settings settings, EncoderOptions options) {
        this.settings = settings;
        this.opener = new ModelOpener(options);
    }

    /** A model that a registry has. */
    public final class Offer implements AutoCloseable {
        private final RegistryClient registry;
        private final PublishedModel model;

        private Offer(RegistryClient registry, PublishedModel model) {
            this.registry = registry;
            this.model = model;
        }

        /** Space that its manifest promises. */
        public String spaceId() {
            return model.getManifest().getSpaceId();
        }

        /** Name and number. */
        public ModelName name() {
            return ModelName.of(model.getSummary().getModel());
        }

        /** Hash of its manifest. */
        public String manifestSha256() {
            return model.getSummary().getManifestSha256();
        }

        /** Registry that has it. */
        public String coordinator() {
            return registry.address();
        }

        /**
         * Fetches, checks and opens it.
         *
         * @param progress told of bytes as they arrive; may throw to give up
         * @throws io.millrace.model.InvalidModelException if it is not what its manifest says
         * @throws StatusRuntimeException if it cannot be had now
         */
        public ServedModel open(LongConsumer progress) throws InterruptedException {
            try {
                return open(cache().prepare(model, registry, progress));
            } catch (ModelOpener.NoMemoryException e) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription("there is no memory for " + name() + ": " + e.getMessage())
                        .asRuntimeException();
            } catch (BlobException e) {
                throw refusal(e);
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("the model cache cannot be used: " + e + "; see --model-cache")
                        .asRuntimeException();
            }
        }

        private ServedModel open(ModelCache.Lease lease) throws IOException, ModelOpener.NoMemoryException {
            try {
                ModelOpener.Opened opened = opener.open(lease.folder(), model.getManifest());
                return ServedModel.of(
                        opened.encoder(),
                        new ServedModel.Published(model.getSummary().getModel(), manifestSha256(), opened.parity()),
                        lease::close);
            } catch (IOException | ModelOpener.NoMemoryException | RuntimeException e) {
                lease.close();
                throw e;
            }
        }

        private StatusRuntimeException refusal(BlobException e) {
            return switch (e.reason()) {
                case NO_ROOM ->
                    Status.RESOURCE_EXHAUSTED
                            .withDescription("the model cache has no room for " + name() + ": " + e.getMessage()
                                    + " (--model-cache-mib)")
                            .asRuntimeException();
                case BUSY, MISMATCH, MISSING, FAILED ->
                    Refusals.unavailable("a file of " + name() + " was not fetched: " + e.getMessage());
            };
        }

        @Override
        public void close() {
            registry.close();
        }
    }

    /**
     * Asks a registry for a model.
     *
     * @param coordinator {@code host:port}; empty = the one of the settings
     * @throws StatusRuntimeException NOT_FOUND if it does not have it, UNAVAILABLE if it does not answer
     */
    public Offer find(ModelName name, String coordinator) throws InterruptedException {
        String address = coordinator.isEmpty() ? settings.coordinator() : coordinator;
        if (address.isEmpty()) {
            throw Refusals.invalidArgument(
                    "coordinator", "is empty, and the worker was started without --coordinator; name one, host:port");
        }
        RegistryClient registry = RegistryClient.connect(address);
        try {
            return new Offer(registry, registry.describe(name));
        } catch (InterruptedException | RuntimeException e) {
            registry.close();
            throw e;
        }
    }

    private ModelCache cache() throws IOException {
        ModelCache open = cache;
        if (open == null) {
            open = settings.cacheFolder().isPresent()
                    ? ModelCache.open(settings.cacheFolder().get(), settings.cacheBytes())
                    : ModelCache.temporary(settings.cacheBytes());
            cache = open;
        }
        return open;
    }

    @Override
    public void close() {
        if (cache != null) {
            cache.close();
        }
    }
}
