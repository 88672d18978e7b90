/**
 * The command that takes, checks and restores snapshots of shards. It talks to index servers, not to a coordinator. Start
 * here: {@link io.millrace.deploy.snapshot.SnapshotCommand}.
 */
@NullMarked
package io.millrace.deploy.snapshot;

import org.jspecify.annotations.NullMarked;
