/**
 * Records of any size, written once and read in any order: blocks of some 8 KiB, deflated, each with a checksum, mapped
 * into memory, so that a file of hundreds of gigabytes costs no heap. A gzipped file, which can only be read from its
 * start, becomes one that can be shuffled. What is damaged is refused. Start here:
 * {@link io.millrace.trainer.data.store.LineFile}.
 */
@NullMarked
package io.millrace.trainer.data.store;

import org.jspecify.annotations.NullMarked;
