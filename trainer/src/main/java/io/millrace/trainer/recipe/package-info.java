/**
 * What a run is to do, as a YAML file says it. Every key has one meaning and most have a default; an unknown key is an error.
 * Start here: {@link io.millrace.trainer.recipe.Recipe}.
 */
@NullMarked
package io.millrace.trainer.recipe;

import org.jspecify.annotations.NullMarked;
