/**
 * What a {@code config.json} says, as data: each family maps the names of its checkpoints to the same few blocks, of which
 * every transformer here is made. Nothing in this package touches weights. Start here:
 * {@link io.millrace.model.architecture.Architecture}.
 */
@NullMarked
package io.millrace.model.architecture;

import org.jspecify.annotations.NullMarked;
