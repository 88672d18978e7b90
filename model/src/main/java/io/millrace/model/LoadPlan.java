package io.millrace.model;

import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.ProjectionSpec;
import io.millrace.model.architecture.TensorListing;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.engine.Parameters;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/**
 * What a model's roles ask of its weights, checked from the headers of the files, so that a checkpoint that cannot work is
 * refused before gigabytes of it are read.
 *
 * @param directory of the checkpoint, for messages
 * @param architecture of the backbone
 * @param parameters the weights
 */
record LoadPlan(Path directory, Architecture architecture, Parameters parameters) {
    /**
     * Refuses weights that lack what the roles need.
     *
     * @throws InvalidModelException if a tensor is missing or of another shape
     */
    void requireTensors(Collection<RoleContract> roles) {
        for (RoleContract role : roles) {
            ReadingMode reading = role.reading().mode();
            require(TensorListing.of(architecture.backbone(reading)));
            if (role.head() instanceof HeadContract.Mlm || role.head() instanceof HeadContract.Epic) {
                requireProjection(architecture.projection(reading), words(reading));
            }
        }
    }

    private void require(TensorListing listing) {
        listing.groups().forEach(group -> group.tensors().forEach(parameters::require));
    }

    private TensorSpec words(ReadingMode reading) {
        return architecture.backbone(reading).reader().embedding().words();
    }

    /** A projection may be tied to the words, and its bias may have either of two names. */
    private void requireProjection(ProjectionSpec projection, TensorSpec words) {
        Optional<TensorSpec> missing = projection
                .transform()
                .map(transform -> transform.dense().weights().getFirst())
                .filter(dense -> !parameters.contains(dense.name()));
        boolean tied = !parameters.contains(projection.weight().name());
        if (tied && !words.shape().equals(projection.weight().shape())) {
            missing = missing.or(() -> Optional.of(projection.weight()));
        }
        missing.ifPresent(tensor -> {
            throw new InvalidModelException(
                    directory + ": the weights have no tensor " + tensor.name()
                            + ", so there is no language-model head to project states to the vocabulary; use a checkpoint that was "
                            + "saved with one, such as one for masked language modelling, or name the head it has in millrace.json");
        });
        for (TensorListing.Group group : TensorListing.of(projection).groups()) {
            for (TensorSpec tensor : group.tensors()) {
                boolean otherName = projection
                        .bias()
                        .filter(bias -> bias.tensor().equals(tensor)
                                && !parameters.contains(tensor.name())
                                && parameters.contains(bias.otherName()))
                        .isPresent();
                if (!otherName && !(tied && tensor.equals(projection.weight()))) {
                    parameters.require(tensor);
                }
            }
        }
    }
}
