/** What collections there are and where their shards live: the only state a coordinator keeps. Start here: {@link io.millrace.coordinator.catalog.CollectionCatalog}. */
@NullMarked
package io.millrace.coordinator.catalog;

import org.jspecify.annotations.NullMarked;
