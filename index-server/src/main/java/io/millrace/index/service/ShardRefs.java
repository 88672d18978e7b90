package io.millrace.index.service;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.shard.ShardWriter;
import io.millrace.service.Refusals;
import io.millrace.v1.ShardRef;
import java.util.regex.Pattern;

/** Checks of the shard that a request names: its form, that it is here, and that it is in the request's space. */
final class ShardRefs {
    private static final Pattern COLLECTION = Pattern.compile("[a-z0-9][a-z0-9_-]{0,127}");
    private static final Pattern SPACE = Pattern.compile("[0-9a-f]{64}");

    private ShardRefs() {}

    /** The name of a shard, if it is well formed. */
    static ShardIdentity identity(ShardRef ref) {
        if (!COLLECTION.matcher(ref.getCollection()).matches()) {
            throw Refusals.invalidArgument(
                    "shard.collection",
                    "'" + ref.getCollection() + "' is not a collection name: 1 to 128 characters of a-z, 0-9, '-' and"
                            + " '_', starting with a letter or digit");
        }
        if (ref.getGeneration() == 0) {
            throw Refusals.invalidArgument("shard.generation", "is 0; generations count from 1");
        }
        if (!SPACE.matcher(ref.getSpaceId()).matches()) {
            throw Refusals.invalidArgument(
                    "shard.space_id",
                    "'" + ref.getSpaceId() + "' is not a space id: 64 characters of lower-case hexadecimal");
        }
        return new ShardIdentity(ref.getCollection(), ref.getGeneration(), ref.getShard());
    }

    /** The shard that a request names, in the request's space. */
    static ShardWriter require(ShardRegistry shards, ShardRef ref) {
        ShardWriter writer = shards.find(new ShardIdentity(ref.getCollection(), ref.getGeneration(), ref.getShard()))
                .orElse(null);
        if (writer != null && writer.shard().descriptor().spaceId().equals(ref.getSpaceId())) {
            // What names a shard that is here is well formed.
            return writer;
        }
        ShardIdentity identity = identity(ref);
        if (writer == null) {
            throw Refusals.notFound(
                    "shard " + identity
                            + " (collection/generation/shard) is not on this server; create it, or ask the shard map where it is");
        }
        requireSpace(writer.shard().descriptor(), ref);
        return writer;
    }

    /** The shard that a request names, in the request's space and at its epoch. */
    static ShardWriter require(ShardRegistry shards, ShardRef ref, long epoch) {
        ShardWriter writer = require(shards, ref);
        ShardDescriptor descriptor = writer.shard().descriptor();
        if (descriptor.epoch() != epoch) {
            throw Refusals.failedPrecondition("shard " + descriptor.identity() + " is at epoch "
                    + Long.toUnsignedString(descriptor.epoch()) + " in space " + descriptor.spaceId()
                    + " but the request is for epoch " + Long.toUnsignedString(epoch)
                    + "; read the collection again and repeat the request");
        }
        return writer;
    }

    static void requireSpace(ShardDescriptor descriptor, ShardRef ref) {
        if (!descriptor.spaceId().equals(ref.getSpaceId())) {
            throw Refusals.failedPrecondition("shard " + descriptor.identity() + " is in space " + descriptor.spaceId()
                    + " (epoch " + Long.toUnsignedString(descriptor.epoch()) + ") but the request is for space "
                    + ref.getSpaceId() + "; their vectors do not mix: use the collection's model");
        }
    }
}
