/**
 * Reads collections of JSON lines from files, globs and standard input, one document at a time, and says of each bad line
 * what is wrong and where. Start here: {@link io.millrace.deploy.corpus.DocumentReader}.
 */
@NullMarked
package io.millrace.deploy.corpus;

import org.jspecify.annotations.NullMarked;
