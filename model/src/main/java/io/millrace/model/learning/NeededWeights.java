package io.millrace.model.learning;

import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorListing;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a transformer's roles need of its weights, gathered before anything is read. */
final class NeededWeights {
    private final Path directory;
    private final Parameters parameters;
    /** By name, in a fixed order. */
    private final Map<String, TensorSpec> stored = new LinkedHashMap<>();
    /** Layers of new heads, by the name of their weight. */
    private final Map<String, LinearSpec> fresh = new LinkedHashMap<>();
    /** Weights whose gradients are computed by hand and never recorded. */
    private final List<String> byHandAlone = new ArrayList<>();
    /** Tensors of the files that are second copies. */
    private final List<String> duplicates = new ArrayList<>();
    /** Rows of terms that heads multiply states with. */
    private final List<String> tables = new ArrayList<>();

    /**
     * Nothing is needed yet.
     *
     * @param directory of the checkpoint, for messages
     */
    NeededWeights(Path directory, Parameters parameters) {
        this.directory = directory;
        this.parameters = parameters;
    }

    Path directory() {
        return directory;
    }

    Parameters parameters() {
        return parameters;
    }

    /** Tensors that are read, in a fixed order. */
    Collection<TensorSpec> stored() {
        return stored.values();
    }

    /** Layers that begin at random. */
    Collection<LinearSpec> fresh() {
        return fresh.values();
    }

    List<String> byHandAlone() {
        return byHandAlone;
    }

    List<String> duplicates() {
        return duplicates;
    }

    List<String> tables() {
        return tables;
    }

    /** Tensors of a backbone. */
    void require(TensorListing listing) {
        listing.groups().forEach(group -> group.tensors().forEach(this::require));
    }

    /** A layer that must be there. */
    void require(LinearSpec layer) {
        layer.weights().forEach(this::require);
        layer.biases().forEach(this::require);
    }

    /**
     * A tensor that must be there.
     *
     * @throws InvalidModelException if it is missing or of another shape
     */
    void require(TensorSpec tensor) {
        parameters.require(tensor);
        stored.put(tensor.name(), tensor);
    }

    /** A layer that begins at random if the checkpoint has none. */
    void begin(LinearSpec layer) {
        String weight = layer.weights().getFirst().name();
        if (parameters.contains(weight)) {
            require(layer);
        } else {
            fresh.put(weight, layer);
        }
    }

    /** Says that a weight's gradient is computed by hand and never recorded. */
    void byHandAlone(TensorSpec tensor) {
        byHandAlone.add(tensor.name());
    }

    /** Says that the files hold a second copy of a weight. */
    void duplicate(String name) {
        duplicates.add(parameters.storedName(name));
    }

    /** Says that a head multiplies states with a weight's rows. */
    void table(TensorSpec tensor) {
        tables.add(tensor.name());
    }
}
