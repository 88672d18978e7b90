/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.mine;

import org.jspecify.annotations.NullMarked;
