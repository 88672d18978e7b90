/**
 * Random weights at the size of published models, written as shards, loaded in a JVM of their own and used: what a load
 * takes of time and memory. Not part of the tests' run. Start here: {@link io.millrace.model.truesize.TrueSizeRun}.
 */
@NullMarked
package io.millrace.model.truesize;

import org.jspecify.annotations.NullMarked;
