/**
 * libtorch as Millrace uses it: started offline, given one stateless kernel library that is written out as a TorchScript
 * archive at start-up, and called from threads of our own. Start here: {@link io.millrace.model.engine.KernelLibrary}.
 */
@NullMarked
package io.millrace.model.engine;

import org.jspecify.annotations.NullMarked;
