/**
 * Values that every layer of an index server speaks in: stamps, document ids, shard identities and weight schemes. No
 * behaviour beyond comparing and checking themselves. Start here: {@link io.millrace.index.record.ShardDescriptor}.
 */
@NullMarked
package io.millrace.index.record;

import org.jspecify.annotations.NullMarked;
