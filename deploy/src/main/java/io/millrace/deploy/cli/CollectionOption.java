package io.millrace.deploy.cli;

import io.grpc.Status;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.v1.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which collection to use; may be left out where there is only one. */
public final class CollectionOption {
    /** Name of the collection that `index` creates when there is none and none was named. */
    public static final String DEFAULT_NAME = "default";

    @Option(
            names = {"-c", "--collection"},
            paramLabel = "NAME",
            description = "Collection to use. Default: the only one of the server.")
    private @Nullable String name;

    /**
     * The collection named, else the server's only one.
     *
     * @throws MillraceException with {@code NOT_FOUND} if there is none, {@code FAILED_PRECONDITION} if there are several
     */
    public String resolve(MillraceClient client) {
        String resolved = resolveIfAny(client);
        if (resolved == null) {
            throw new MillraceException(
                    Status.Code.NOT_FOUND,
                    "the server has no collection yet; make one with: millrace collection create NAME");
        }
        return resolved;
    }

    /**
     * The collection named (whether it exists or not), else the server's only one, else null.
     *
     * @throws MillraceException with {@code FAILED_PRECONDITION} if none was named and there are several
     */
    public @Nullable String resolveIfAny(MillraceClient client) {
        if (name != null) {
            return name;
        }
        List<String> names =
                client.listCollections().stream().map(Collection::getName).toList();
        if (names.size() > 1) {
            throw new MillraceException(
                    Status.Code.FAILED_PRECONDITION,
                    "the server has several collections (" + String.join(", ", names)
                            + "); choose one with --collection");
        }
        return names.isEmpty() ? null : names.getFirst();
    }
}
