/**
 * What servers and publishers agree on about published models: names, manifests, and how files are fetched. Start here:
 * {@link io.millrace.service.registry.ManifestRules}.
 */
@NullMarked
package io.millrace.service.registry;

import org.jspecify.annotations.NullMarked;
