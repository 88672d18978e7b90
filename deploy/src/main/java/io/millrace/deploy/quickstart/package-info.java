/**
 * The first thing a user runs: a cluster on this machine, filled with WordNet's glosses as a reverse dictionary, and
 * asked. Start here: {@link io.millrace.deploy.quickstart.QuickstartCommand}.
 */
@NullMarked
package io.millrace.deploy.quickstart;

import org.jspecify.annotations.NullMarked;
