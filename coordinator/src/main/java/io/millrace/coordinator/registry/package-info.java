/**
 * Published models: files by their hash, manifests, and the calls that take and give them. Start here:
 * {@link io.millrace.coordinator.registry.ModelCatalog}.
 */
@NullMarked
package io.millrace.coordinator.registry;

import org.jspecify.annotations.NullMarked;
