/**
 * Charts as SVG, and pages to put them on, in one file without anything that a browser would have to fetch. Start here:
 * {@link io.millrace.deploy.plot.Chart}.
 */
@NullMarked
package io.millrace.deploy.plot;

import org.jspecify.annotations.NullMarked;
