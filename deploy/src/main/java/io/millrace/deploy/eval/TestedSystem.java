package io.millrace.deploy.eval;

import io.millrace.deploy.local.ModelChoice;
import java.nio.file.Path;

/** Something whose rankings are judged. */
sealed interface TestedSystem {
    /** What reports call it. */
    String name();

    /**
     * A model, in a cluster started for the purpose.
     *
     * @param name what reports call it
     * @param choice checkpoint or lexical model
     */
    record Model(String name, ModelChoice choice) implements TestedSystem {}

    /**
     * A running cluster with the model it has.
     *
     * @param name what reports call it
     * @param address {@code host:port} of its coordinator
     */
    record Cluster(String name, String address) implements TestedSystem {}

    /**
     * A ranking that was made before, in TREC's format.
     *
     * @param name what reports call it
     * @param file the file; {@code {collection}} in it stands for the name of the collection
     */
    record RunFile(String name, String file) implements TestedSystem {
        /** What stands for the collection's name. */
        static final String COLLECTION = "{collection}";

        /** The file for a collection. */
        Path of(TestCollection collection) {
            return Path.of(file.replace(COLLECTION, collection.name()));
        }
    }
}
