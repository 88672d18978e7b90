/** Tests of the client, and a fake coordinator that other modules' tests use too. */
@NullMarked
package io.millrace.client;

import org.jspecify.annotations.NullMarked;
