/** Checks the data of a stopped index server. Start here: {@link io.millrace.deploy.fsck.FsckCommand}. */
@NullMarked
package io.millrace.deploy.fsck;

import org.jspecify.annotations.NullMarked;
