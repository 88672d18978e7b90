/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.reproduce;

import org.jspecify.annotations.NullMarked;
