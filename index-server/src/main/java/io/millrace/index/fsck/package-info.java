/**
 * Checks the data directory of a stopped index server, without changing it: that what is stored is whole, and that the
 * column families of each shard agree. Start here: {@link io.millrace.index.fsck.Fsck}, which lists what must hold.
 */
@NullMarked
package io.millrace.index.fsck;

import org.jspecify.annotations.NullMarked;
