package io.millrace.deploy.publish;

import io.millrace.trainer.inspection.Inspection;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.validation.EvaluatedCollection;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model is looked at by before it is pushed. */
final class InspectionOptions {
    @Option(
            names = "--validation",
            paramLabel = "DIR",
            description = {
                "Collection in BEIR's layout: how well the model ranks it goes into the manifest, and the gate for collapsed",
                "models looks at its texts. Default: no figures, and English sentences that come with Millrace."
            })
    private @Nullable Path validation;

    @Option(names = "--split", paramLabel = "NAME", description = "Split of its judgements. Default: ${DEFAULT-VALUE}.")
    private String split = "test";

    @Option(
            names = "--no-gate",
            description = "Push also a model that has collapsed. Its manifest says so, and what was seen.")
    private boolean noGate;

    /** What was chosen. */
    Inspection choice() {
        return new Inspection(
                Optional.ofNullable(validation)
                        .map(folder -> new EvaluatedCollection(folder, split, EvaluatedCollection.METRICS)),
                noGate ? Optional.empty() : Optional.of(SparsityGate.DEFAULT));
    }
}
