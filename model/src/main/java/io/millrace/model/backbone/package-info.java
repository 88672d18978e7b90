/**
 * Token ids to hidden states. Each backbone has a kernel form, which serves, and an array form, plain operations that
 * read like the paper: the oracle in tests, and what serves where kernels do not load. Start here:
 * {@link io.millrace.model.backbone.Backbone}.
 */
@NullMarked
package io.millrace.model.backbone;

import org.jspecify.annotations.NullMarked;
