/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.fsck;

import org.jspecify.annotations.NullMarked;
