package io.millrace.deploy.local;

import java.nio.file.Path;

/**
 * What a local cluster is made of.
 *
 * @param dataDir folder of the catalog and the shards; made if it is not there
 * @param model what the workers serve
 * @param port gRPC port of the coordinator; 0 = any free one
 * @param workers encoder workers, 1 to 16
 * @param indexServers index servers, 1 to 16; a collection has a shard on each unless told otherwise
 */
public record LocalClusterOptions(Path dataDir, ModelChoice model, int port, int workers, int indexServers) {
    /** Two of each: enough to show that work is spread. */
    public static final int DEFAULT_SERVERS = 2;

    /** Checks the ranges. */
    public LocalClusterOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("the port is " + port + "; it must be 0 to 65535 (0 = any free one)");
        }
        if (workers < 1 || workers > 16 || indexServers < 1 || indexServers > 16) {
            throw new IllegalArgumentException("a local cluster has 1 to 16 workers and 1 to 16 index servers, but "
                    + workers + " and " + indexServers + " were asked for");
        }
    }

    /** Two workers and two index servers with a model as it is. */
    public static LocalClusterOptions of(Path dataDir, Path model, int port) {
        return of(dataDir, ModelChoice.of(model), port);
    }

    /** Two workers and two index servers. */
    public static LocalClusterOptions of(Path dataDir, ModelChoice model, int port) {
        return new LocalClusterOptions(dataDir, model, port, DEFAULT_SERVERS, DEFAULT_SERVERS);
    }
}
