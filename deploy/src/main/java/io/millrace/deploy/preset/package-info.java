/**
 * Encoding contracts of published kinds of models, ready to be written beside their checkpoints. Start here: {@link
 * io.millrace.deploy.preset.Presets}.
 */
@NullMarked
package io.millrace.deploy.preset;

import org.jspecify.annotations.NullMarked;
