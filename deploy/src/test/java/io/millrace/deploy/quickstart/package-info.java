/** Tests of the quickstart. */
@NullMarked
package io.millrace.deploy.quickstart;

import org.jspecify.annotations.NullMarked;
