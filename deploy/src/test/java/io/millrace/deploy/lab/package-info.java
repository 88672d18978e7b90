/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.lab;

import org.jspecify.annotations.NullMarked;
