package io.millrace.index.service;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.WeightScheme;
import io.millrace.service.Refusals;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.CreateShardResponse;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.DropShardResponse;
import io.millrace.v1.ShardRef;
import java.time.Duration;
import java.util.Optional;

/** CreateShard and DropShard. */
final class ShardLifecycle {
    private static final Duration RETRY_WHEN_FULL = Duration.ofSeconds(30);

    private final ShardRegistry shards;

    ShardLifecycle(ShardRegistry shards) {
        this.shards = shards;
    }

    CreateShardResponse create(CreateShardRequest request) {
        ShardIdentity identity = ShardRefs.identity(request.getShard());
        if (request.getEpoch() == 0) {
            throw Refusals.invalidArgument("epoch", "is 0; epochs count from 1");
        }
        ShardDescriptor wanted =
                new ShardDescriptor(identity, request.getShard().getSpaceId(), request.getEpoch(), weights(request));
        if (shards.find(identity).isEmpty() && shards.all().size() >= ShardRegistry.MAX_SHARDS) {
            throw Refusals.overloaded(
                    "this server has " + shards.all().size()
                            + " shards, the most it will hold; drop some or add servers",
                    RETRY_WHEN_FULL);
        }
        Optional<ShardDescriptor> present = shards.createIfAbsent(wanted);
        present.ifPresent(shard -> requireSame(shard, wanted, request.getShard()));
        return CreateShardResponse.newBuilder().setCreated(present.isEmpty()).build();
    }

    DropShardResponse drop(DropShardRequest request) {
        ShardIdentity identity = ShardRefs.identity(request.getShard());
        shards.find(identity)
                .ifPresent(present -> ShardRefs.requireSpace(present.shard().descriptor(), request.getShard()));
        shards.drop(identity);
        return DropShardResponse.getDefaultInstance();
    }

    private static void requireSame(ShardDescriptor present, ShardDescriptor wanted, ShardRef ref) {
        ShardRefs.requireSpace(present, ref);
        if (!present.equals(wanted)) {
            throw Refusals.failedPrecondition("shard " + present.identity() + " exists at epoch "
                    + Long.toUnsignedString(present.epoch()) + " with " + present.weights()
                    + " but the request is for epoch " + Long.toUnsignedString(wanted.epoch()) + " with "
                    + wanted.weights() + "; drop it first, or create another generation");
        }
    }

    private static WeightScheme weights(CreateShardRequest request) {
        try {
            return switch (request.getWeightFormat()) {
                case WEIGHT_FORMAT_UNSPECIFIED, WEIGHT_FORMAT_FLOAT32 -> WeightScheme.float32();
                case WEIGHT_FORMAT_UINT8 -> WeightScheme.uint8(request.getMaxWeight());
                case UNRECOGNIZED ->
                    throw Refusals.invalidArgument(
                            "weight_format",
                            "is " + request.getWeightFormatValue() + ", unknown here; use FLOAT32 (1) or UINT8 (2)");
            };
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument("max_weight", String.valueOf(e.getMessage()));
        }
    }
}
