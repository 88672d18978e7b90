package io.millrace.index.service;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.shard.Shard;
import io.millrace.index.shard.ShardSize;
import io.millrace.index.shard.ShardWriter;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardStats;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.StatsResponse;

/** Stats: counts and sizes of every shard. */
final class StatsHandler {
    private final ShardRegistry shards;

    StatsHandler(ShardRegistry shards) {
        this.shards = shards;
    }

    StatsResponse stats(StatsRequest request) {
        StatsResponse.Builder response = StatsResponse.newBuilder();
        for (ShardWriter writer : shards.all()) {
            Shard shard = writer.shard();
            String collection = shard.descriptor().identity().collection();
            if (request.getCollection().isEmpty() || request.getCollection().equals(collection)) {
                response.addShards(stats(shard));
            }
        }
        return response.build();
    }

    private static ShardStats stats(Shard shard) {
        ShardDescriptor descriptor = shard.descriptor();
        ShardIdentity identity = descriptor.identity();
        ShardSize size = shard.size();
        return ShardStats.newBuilder()
                .setShard(ShardRef.newBuilder()
                        .setCollection(identity.collection())
                        .setGeneration(identity.generation())
                        .setShard(identity.shard())
                        .setSpaceId(descriptor.spaceId()))
                .setDocuments(size.documents())
                .setPostings(size.postings())
                .setDiskBytes(shard.store().diskBytes())
                .setMemoryBytes(size.memoryBytes())
                .setAppliedIndex(shard.durableIndex())
                .setClippedWeights(shard.clippedWeights())
                .setBufferedDocuments(size.bufferedDocuments())
                .setSegments(size.segments())
                .build();
    }
}
