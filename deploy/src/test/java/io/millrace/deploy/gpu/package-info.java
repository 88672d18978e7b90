/** Devices on the command line. Start here: {@link io.millrace.deploy.gpu.DeviceOptionTest}. */
@NullMarked
package io.millrace.deploy.gpu;

import org.jspecify.annotations.NullMarked;
