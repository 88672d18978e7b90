package io.millrace.trainer.data.store;

import io.millrace.trainer.data.Draws;
import java.nio.file.Path;
import java.util.HexFormat;

/** Names of stores: that of the source, a number for the folder it lies in, and what is stored of it. */
public final class StoreNames {
    private StoreNames() {}

    /**
     * Where a source's store lies.
     *
     * @param stores folder of all stores
     * @param kind what is stored
     */
    public static Path of(Path source, Path stores, String kind) {
        Path absolute = source.toAbsolutePath().normalize();
        long folder = Draws.mix(absolute.toString().hashCode());
        return stores.resolve(absolute.getFileName() + "." + HexFormat.of().toHexDigits((int) folder) + "." + kind);
    }
}
