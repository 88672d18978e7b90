/**
 * Experiments on training that anyone can repeat. Start here: {@link io.millrace.deploy.lab.CollapseCommand}.
 */
@NullMarked
package io.millrace.deploy.lab;

import org.jspecify.annotations.NullMarked;
