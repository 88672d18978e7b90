package io.millrace.coordinator.catalog;

import io.grpc.StatusRuntimeException;
import io.millrace.service.Refusals;
import io.millrace.v1.ClusterMetadata;
import io.millrace.v1.Collection;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardStats;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.WeightFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The collections: created on all their index servers before they are usable, forgotten before their data are removed.
 * Every step is durable first, so a crash at any point leaves either a whole collection or a drop still to be done, which
 * {@link #finishDrops} carries on. Safe for any thread.
 */
public final class CollectionCatalog {
    private static final Logger LOG = LoggerFactory.getLogger(CollectionCatalog.class);
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,127}");
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(15);

    private final MetadataFile metadata;
    private final IndexServers servers;
    private final WorkerModel model;

    /** What a new collection must know of the model behind it. */
    public interface WorkerModel {
        /**
         * The space that is asked for, of the model that all reachable workers serve.
         *
         * @throws StatusRuntimeException a refusal if there is no model, or more than one, or none with such a space
         */
        EncodingSpace choose(CreateCollectionRequest request) throws InterruptedException;

        /** A weight that documents seldom exceed: the scale of 8-bit impacts. */
        float largestUsualWeight(EncodingSpace space) throws InterruptedException;
    }

    /** A catalog over a metadata file. */
    public CollectionCatalog(MetadataFile metadata, IndexServers servers, WorkerModel model) {
        this.metadata = metadata;
        this.servers = servers;
        this.model = model;
    }

    /**
     * A usable collection.
     *
     * @throws StatusRuntimeException NOT_FOUND, naming what there is
     */
    public Collection require(String name) {
        return find(name)
                .orElseThrow(() -> Refusals.notFound("there is no collection '" + name + "'; "
                        + (metadata.current().getCollectionsCount() == 0
                                ? "create one first"
                                : "there are: "
                                        + String.join(
                                                ", ",
                                                all().stream()
                                                        .map(Collection::getName)
                                                        .limit(20)
                                                        .toList()))));
    }

    /** All usable collections, by name. */
    public List<Collection> all() {
        return metadata.current().getCollectionsList().stream()
                .map(this::withAddresses)
                .sorted(Comparator.comparing(Collection::getName))
                .toList();
    }

    /** Creates a collection in the space the workers serve. */
    public synchronized Collection create(CreateCollectionRequest request) throws InterruptedException {
        String name = request.getName();
        if (!NAME.matcher(name).matches()) {
            throw Refusals.invalidArgument(
                    "name",
                    "'" + name
                            + "' is not a collection name; use 1 to 128 of a-z, 0-9, '-' and '_', not starting with '-' or '_'");
        }
        int shards = request.getShards() == 0 ? servers.size() : request.getShards();
        if (shards < 1 || shards > Slots.COUNT) {
            throw Refusals.invalidArgument(
                    "shards",
                    Integer.toUnsignedString(request.getShards()) + " is out of range; use 1 to " + Slots.COUNT);
        }
        WeightFormat format = weightFormat(request.getWeightFormat());
        if (find(name).isPresent()) {
            throw Refusals.alreadyExists(
                    "there is a collection '" + name + "' already; drop it first, or choose another name");
        }
        finishDrops();
        if (metadata.current().getPendingDropsList().stream()
                .anyMatch(c -> c.getName().equals(name))) {
            throw Refusals.unavailable(
                    "'" + name + "' is still being dropped, because one of its index servers does not answer");
        }
        Collection collection = plan(request, shards, format);
        // Listed as a drop until it is whole: a crash half-way is cleaned up, not half used.
        metadata.update(m -> m.toBuilder()
                .addPendingDrops(collection)
                .putLastGeneration(name, collection.getGeneration())
                .build());
        createShards(collection);
        metadata.update(m -> withoutPendingDrop(m, collection).toBuilder()
                .addCollections(collection)
                .build());
        LOG.info("collection created: name={} shards={} space={}", name, shards, collection.getSpaceId());
        return withAddresses(collection);
    }

    /** Forgets a collection, then removes its data; what cannot be removed now is removed later. */
    public synchronized void drop(String name) {
        Collection collection = require(name);
        metadata.update(m -> {
            ClusterMetadata.Builder next = m.toBuilder().clearCollections().addPendingDrops(collection);
            m.getCollectionsList().stream()
                    .filter(c -> !c.getName().equals(name))
                    .forEach(next::addCollections);
            return next.build();
        });
        LOG.info("collection dropped: name={}", name);
        finishDrops();
    }

    /** Removes the data of dropped collections as far as their index servers answer. */
    public synchronized void finishDrops() {
        for (Collection collection : metadata.current().getPendingDropsList()) {
            try {
                for (ShardPlacement placement : collection.getShardsList()) {
                    servers.blocking(placement.getServer(), CALL_TIMEOUT)
                            .dropShard(DropShardRequest.newBuilder()
                                    .setShard(shardRef(collection, placement.getShard()))
                                    .build());
                }
                metadata.update(m -> withoutPendingDrop(m, collection));
            } catch (StatusRuntimeException e) {
                LOG.warn(
                        "collection data not removed yet: name={} reason={}",
                        collection.getName(),
                        Refusals.inOneLine(e.getStatus()));
            }
        }
    }

    /** Live documents of a collection, over the servers that answer. */
    public long documents(Collection collection) {
        long documents = 0;
        List<Integer> asked = collection.getShardsList().stream()
                .map(ShardPlacement::getServer)
                .distinct()
                .toList();
        StatsRequest request =
                StatsRequest.newBuilder().setCollection(collection.getName()).build();
        for (int server : asked) {
            try {
                for (ShardStats shard :
                        servers.blocking(server, CALL_TIMEOUT).stats(request).getShardsList()) {
                    documents += shard.getDocuments();
                }
            } catch (StatusRuntimeException e) {
                LOG.warn("no statistics from {}: {}", servers.address(server), Refusals.inOneLine(e.getStatus()));
            }
        }
        return documents;
    }

    /** Names a shard of a collection's current generation in full. */
    public static ShardRef shardRef(Collection collection, int shard) {
        return ShardRef.newBuilder()
                .setCollection(collection.getName())
                .setGeneration(collection.getGeneration())
                .setShard(shard)
                .setSpaceId(collection.getSpaceId())
                .build();
    }

    private Optional<Collection> find(String name) {
        return metadata.current().getCollectionsList().stream()
                .filter(c -> c.getName().equals(name))
                .map(this::withAddresses)
                .findFirst();
    }

    private Collection plan(CreateCollectionRequest request, int shards, WeightFormat format)
            throws InterruptedException {
        String name = request.getName();
        EncodingSpace space = model.choose(request);
        Collection.Builder collection = Collection.newBuilder()
                .setName(name)
                .setGeneration(metadata.current().getLastGenerationOrDefault(name, 0) + 1)
                .setEpoch(1)
                .setShardMapEpoch(1)
                .setSpaceId(space.id())
                .setWeightFormat(format)
                .setEncodeTextOnly(request.getEncodeTextOnly())
                .setCreatedAtMillis(System.currentTimeMillis());
        space.hybrid().ifPresent(hybrid -> collection.setHybrid(hybrid).setModelSpaceId(space.model()));
        if (format == WeightFormat.WEIGHT_FORMAT_UINT8) {
            collection.setMaxWeight(model.largestUsualWeight(space));
        }
        for (int shard = 0; shard < shards; shard++) {
            collection.addShards(ShardPlacement.newBuilder()
                    .setShard(shard)
                    .setPlacementGroup(shard)
                    .setServer(shard % servers.size()));
        }
        return collection.build();
    }

    private void createShards(Collection collection) {
        for (ShardPlacement placement : collection.getShardsList()) {
            servers.blocking(placement.getServer(), CALL_TIMEOUT)
                    .withWaitForReady()
                    .createShard(CreateShardRequest.newBuilder()
                            .setShard(shardRef(collection, placement.getShard()))
                            .setEpoch(collection.getEpoch())
                            .setWeightFormat(collection.getWeightFormat())
                            .setMaxWeight(collection.getMaxWeight())
                            .build());
        }
    }

    private Collection withAddresses(Collection collection) {
        List<ShardPlacement> placements = new ArrayList<>();
        for (ShardPlacement placement : collection.getShardsList()) {
            placements.add(placement.toBuilder()
                    .setIndexServer(servers.address(placement.getServer()))
                    .build());
        }
        return collection.toBuilder().clearShards().addAllShards(placements).build();
    }

    private static WeightFormat weightFormat(WeightFormat requested) {
        return switch (requested) {
            case WEIGHT_FORMAT_UNSPECIFIED, WEIGHT_FORMAT_FLOAT32 -> WeightFormat.WEIGHT_FORMAT_FLOAT32;
            case WEIGHT_FORMAT_UINT8 -> WeightFormat.WEIGHT_FORMAT_UINT8;
            case UNRECOGNIZED ->
                throw Refusals.invalidArgument(
                        "weight_format", "unknown value; use WEIGHT_FORMAT_FLOAT32 or WEIGHT_FORMAT_UINT8");
        };
    }

    private static ClusterMetadata withoutPendingDrop(ClusterMetadata metadata, Collection collection) {
        ClusterMetadata.Builder next = metadata.toBuilder().clearPendingDrops();
        metadata.getPendingDropsList().stream()
                .filter(c -> !c.getName().equals(collection.getName()))
                .forEach(next::addPendingDrops);
        return next.build();
    }
}
