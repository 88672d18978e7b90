/** The way of a query: encode, scatter, merge. Start here: {@link io.millrace.coordinator.search.SearchFanout}. */
@NullMarked
package io.millrace.coordinator.search;

import org.jspecify.annotations.NullMarked;
