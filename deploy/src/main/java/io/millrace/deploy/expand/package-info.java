/**
 * Document expansion: text that a model foresees queries to have is added to documents, before any model of term weights
 * reads them. Start here: {@link io.millrace.deploy.expand.ExpandCommand}.
 */
@NullMarked
package io.millrace.deploy.expand;

import org.jspecify.annotations.NullMarked;
