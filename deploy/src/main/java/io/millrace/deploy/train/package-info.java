/**
 * Training from the command line: recipes, their progress and their report. Start here:
 * {@link io.millrace.deploy.train.TrainCommand}.
 */
@NullMarked
package io.millrace.deploy.train;

import org.jspecify.annotations.NullMarked;
