package io.millrace.encoder.models;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.hybrid.HybridSpace;
import io.millrace.service.Refusals;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.QuarantinedModel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models into the free slot and unloads them, one at a time; what is served goes on being served meanwhile, and after any
 * failure. Owns the models. Safe for any thread.
 */
public final class ModelLoads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelLoads.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Duration UNLOAD_PATIENCE = Duration.ofSeconds(60);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
    private static final int MAX_QUARANTINED = 16;

    private final ModelSlots slots;
    private final BatchQueue queue;
    private final ModelSource source;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile boolean closed;
    private final Deque<QuarantinedModel> quarantined = new ArrayDeque<>(); // guarded by itself

    /** Over the slots, the queue that encodes for them, and where models come from. */
    public ModelLoads(ModelSlots slots, BatchQueue queue, ModelSource source) {
        this.slots = slots;
        this.queue = queue;
        this.source = source;
    }

    /** What is served. */
    public ModelSlots slots() {
        return slots;
    }

    /** The active model, all others, and what did not pass. */
    public ModelDescription describe() {
        List<LoadedModel> models = slots.all().stream().map(ModelLoads::loaded).toList();
        LoadedModel active = models.getFirst();
        ModelDescription.Builder description = ModelDescription.newBuilder()
                .setSpaceId(active.getSpaceId())
                .setName(active.getName())
                .setVocabularySize(active.getVocabularySize())
                .setMaxQueryTokens(active.getMaxQueryTokens())
                .setMaxDocumentTokens(active.getMaxDocumentTokens())
                .setDevice(active.getDevice())
                .setHybrid(HybridSpace.fits(slots.active().encoder()))
                .addAllModels(models);
        synchronized (quarantined) {
            description.addAllQuarantined(quarantined);
        }
        return description.build();
    }

    private static LoadedModel loaded(ServedModel model) {
        SparseEncoder encoder = model.encoder();
        LoadedModel.Builder loaded = LoadedModel.newBuilder()
                .setSpaceId(encoder.spaceId())
                .setName(encoder.name())
                .setVocabularySize(encoder.vocabularySize())
                .setMaxQueryTokens(encoder.maxTokens(TextRole.QUERY))
                .setMaxDocumentTokens(encoder.maxTokens(TextRole.DOCUMENT))
                .setDevice(encoder.device());
        model.published()
                .ifPresent(
                        published -> loaded.setPublished(published.reference()).setParity(published.parity()));
        return loaded.build();
    }

    /**
     * Fetches, checks and serves a model.
     *
     * @throws StatusRuntimeException a refusal that says why; what was served before is served on
     */
    public LoadedModel load(LoadModelRequest request) throws InterruptedException {
        ModelName name = name(request);
        if (!changing.tryLock()) {
            throw Refusals.overloaded("the worker loads or unloads another model just now", RETRY_AFTER);
        }
        try (ModelSource.Offer offer = source.find(name, request.getCoordinator())) {
            Optional<ServedModel> served = slots.find(offer.spaceId());
            if (served.isPresent()) {
                return loaded(served.get());
            }
            requireSlot(name);
            requireNotQuarantined(offer, request.getRetryQuarantined());
            ServedModel model = fetched(offer);
            try {
                if (closed) {
                    throw Refusals.unavailable("the worker is shutting down");
                }
                queue.add(model.encoder());
                slots.add(model);
            } catch (InterruptedException | RuntimeException e) {
                model.close();
                throw e;
            }
            LOG.info("model loaded: model={} space={}", offer.name(), offer.spaceId());
            return loaded(model);
        } finally {
            changing.unlock();
        }
    }

    private ServedModel fetched(ModelSource.Offer offer) throws InterruptedException {
        ServedModel model;
        try {
            model = offer.open(ModelLoads::requireCaller);
        } catch (InvalidModelException e) {
            String reason = offer.name() + " from " + offer.coordinator() + " is not served: " + e.getMessage();
            quarantine(offer, reason);
            throw Refusals.failedPrecondition(
                    reason + "; it is quarantined, and " + slots.described() + " is served on");
        }
        try {
            requireCaller(0);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        synchronized (quarantined) {
            quarantined.removeIf(other -> other.getManifestSha256().equals(offer.manifestSha256()));
        }
        return model;
    }

    private static void requireCaller(long bytes) {
        if (Context.current().isCancelled()) {
            throw Status.CANCELLED
                    .withDescription("the caller is gone; what was fetched is kept for the next time")
                    .asRuntimeException();
        }
    }

    private void requireSlot(ModelName name) {
        if (slots.all().size() == ModelSlots.SLOTS) {
            throw Refusals.failedPrecondition("there is no slot for " + name + ": " + slots.described()
                    + " are served; unload one of them first");
        }
    }

    private void requireNotQuarantined(ModelSource.Offer offer, boolean retry) {
        synchronized (quarantined) {
            if (!retry) {
                quarantined.stream()
                        .filter(other -> other.getManifestSha256().equals(offer.manifestSha256()))
                        .findFirst()
                        .ifPresent(other -> {
                            throw Refusals.failedPrecondition(other.getReason()
                                    + "; it is quarantined: publish it anew, or set retry_quarantined");
                        });
            }
        }
    }

    private void quarantine(ModelSource.Offer offer, String reason) {
        LOG.error("model quarantined: model={} reason={}", offer.name(), reason);
        synchronized (quarantined) {
            quarantined.removeIf(other -> other.getManifestSha256().equals(offer.manifestSha256()));
            quarantined.addFirst(QuarantinedModel.newBuilder()
                    .setModel(offer.name().reference())
                    .setManifestSha256(offer.manifestSha256())
                    .setReason(reason)
                    .build());
            while (quarantined.size() > MAX_QUARANTINED) {
                quarantined.removeLast();
            }
        }
    }

    /**
     * Finishes what a model has to do, and frees it.
     *
     * @return space of the model that is active then
     */
    public String unload(String spaceId) throws InterruptedException {
        if (!changing.tryLock()) {
            throw Refusals.overloaded("the worker loads or unloads another model just now", RETRY_AFTER);
        }
        try {
            if (slots.find(spaceId).isEmpty()) {
                throw Refusals.notFound("no model of space '" + (spaceId.length() > 64 ? "…" : spaceId)
                        + "' is loaded; this worker serves " + slots.described());
            }
            ServedModel model = slots.remove(spaceId)
                    .orElseThrow(() -> Refusals.failedPrecondition(
                            "it is the only model of this worker; load another one first, or stop the worker"));
            free(model);
            LOG.info("model unloaded: space={}", spaceId);
            return slots.active().encoder().spaceId();
        } finally {
            changing.unlock();
        }
    }

    private void free(ServedModel model) throws InterruptedException {
        try {
            model.retire().get(UNLOAD_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            queue.remove(model.encoder());
            model.close();
        } catch (TimeoutException e) {
            // Freed when the last batch is answered, whenever that is: the slot is free already.
            LOG.warn(
                    "batches of {} are still unanswered after {}",
                    model.encoder().name(),
                    UNLOAD_PATIENCE);
            var _ = model.retire().thenRun(model::close);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ModelName name(LoadModelRequest request) {
        try {
            return ModelName.of(request.getModel());
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument("model", String.valueOf(e.getMessage()));
        }
    }

    /** Frees all models and the cache. Nothing may be encoded any more. */
    @Override
    public void close() {
        closed = true;
        boolean alone = false;
        try {
            alone = changing.tryLock(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!alone) {
            // What still loads finds out itself that it came too late.
            LOG.warn("a model is still being loaded or unloaded");
        }
        slots.all().forEach(ServedModel::close);
        source.close();
    }
}
