/**
 * Where models compute: what was asked for, whether libtorch and the machine can do it, and how weights lie there. Start
 * here: {@link io.millrace.model.device.Placement}.
 */
@NullMarked
package io.millrace.model.device;

import org.jspecify.annotations.NullMarked;
