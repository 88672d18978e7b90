/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.bench.search;

import org.jspecify.annotations.NullMarked;
