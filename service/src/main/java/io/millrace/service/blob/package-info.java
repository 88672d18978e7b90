/**
 * Files kept by their SHA-256: drafts that can be resumed, verified before they count, and never changed afterwards. Start here:
 * {@link io.millrace.service.blob.BlobStore}.
 */
@NullMarked
package io.millrace.service.blob;

import org.jspecify.annotations.NullMarked;
