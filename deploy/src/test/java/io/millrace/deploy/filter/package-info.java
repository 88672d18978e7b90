/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.filter;

import org.jspecify.annotations.NullMarked;
