/**
 * What a checkpoint directory without a {@code millrace.json} says about how its texts become vectors: the layouts of
 * sentence-transformers and OpenSearch, and what the published code of each family of models does. Start here:
 * {@link io.millrace.model.layout.ContractDerivation}.
 */
@NullMarked
package io.millrace.model.layout;

import org.jspecify.annotations.NullMarked;
