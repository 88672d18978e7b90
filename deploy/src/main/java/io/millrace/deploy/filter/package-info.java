/** Filters as people write them. Start here: {@link io.millrace.deploy.filter.FilterParser}. */
@NullMarked
package io.millrace.deploy.filter;

import org.jspecify.annotations.NullMarked;
