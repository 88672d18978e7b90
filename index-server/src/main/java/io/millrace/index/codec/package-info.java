/**
 * Bytes of everything a shard stores: each value has a format number and a checksum, and refuses to be read when it is
 * damaged or unknown. Start here: {@link io.millrace.index.codec.StoredValue}.
 */
@NullMarked
package io.millrace.index.codec;

import org.jspecify.annotations.NullMarked;
