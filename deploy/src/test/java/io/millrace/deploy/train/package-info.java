@NullMarked
package io.millrace.deploy.train;

import org.jspecify.annotations.NullMarked;
