/**
 * Examples without end: epoch after epoch, each in an order of its own that the seed decides, from a cursor on, in batches,
 * read ahead on a thread of its own. Start here: {@link io.millrace.trainer.data.stream.BatchStream}.
 */
@NullMarked
package io.millrace.trainer.data.stream;

import org.jspecify.annotations.NullMarked;
