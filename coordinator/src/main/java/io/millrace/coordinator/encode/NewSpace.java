package io.millrace.coordinator.encode;

import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.service.Refusals;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.ModelDescription;
import java.util.Optional;

/** What a new collection takes from the model: its space, and the scale of 8-bit impacts. */
public record NewSpace(WorkerPool workers) implements CollectionCatalog.WorkerModel {
    private static final int MAX_SAMPLE = 1_024;
    private static final long MAX_SAMPLE_BYTES = 8 << 20;

    @Override
    public EncodingSpace choose(CreateCollectionRequest request) throws InterruptedException {
        String model = workers.space();
        ModelDescription description = workers.model(model);
        boolean possible = description != null && description.getHybrid();
        return switch (request.getSpace()) {
            case SPACE_KIND_LEARNED -> learned(model, request);
            case SPACE_KIND_HYBRID -> {
                if (!possible) {
                    throw Refusals.failedPrecondition("the workers' model"
                            + (description == null ? "" : ", " + description.getName() + ",")
                            + " has no hybrid spaces; ask for SPACE_KIND_LEARNED");
                }
                yield hybrid(model, request);
            }
            case SPACE_KIND_UNSPECIFIED -> possible ? hybrid(model, request) : learned(model, request);
            case UNRECOGNIZED ->
                throw Refusals.invalidArgument(
                        "space", "is " + request.getSpaceValue() + "; use SPACE_KIND_LEARNED or SPACE_KIND_HYBRID");
        };
    }

    private static EncodingSpace learned(String model, CreateCollectionRequest request) {
        if (request.hasHybrid()) {
            throw Refusals.invalidArgument(
                    "hybrid",
                    "is set, but the collection has no lexical terms"
                            + (request.getSpaceValue() == 0 ? ", because the workers' model has no hybrid spaces" : "")
                            + "; leave it out, or ask for a hybrid space");
        }
        return EncodingSpace.ofModel(model);
    }

    private EncodingSpace hybrid(String model, CreateCollectionRequest request) throws InterruptedException {
        DescribeHybridSpaceRequest.Builder asked =
                DescribeHybridSpaceRequest.newBuilder().setModelSpaceId(model).setChoice(request.getHybrid());
        if (!request.getHybrid().hasAverageLength()) {
            checkSample(request);
            for (DocumentSource source : request.getSampleList()) {
                asked.addSampleTexts(SourceText.of(source, request.getEncodeTextOnly()));
            }
        }
        HybridSpaceDescription described = workers.hybridSpace(asked.build());
        return new EncodingSpace(described.getSpaceId(), model, Optional.of(described.getSettings()));
    }

    private static void checkSample(CreateCollectionRequest request) {
        long bytes = request.getSampleList().stream()
                .mapToLong(DocumentSource::getSerializedSize)
                .sum();
        if (request.getSampleCount() > MAX_SAMPLE || bytes > MAX_SAMPLE_BYTES) {
            throw Refusals.invalidArgument(
                    "sample",
                    "has " + request.getSampleCount() + " documents of " + bytes + " bytes; send " + MAX_SAMPLE + " of "
                            + MAX_SAMPLE_BYTES + " together at most");
        }
    }

    @Override
    public float largestUsualWeight(EncodingSpace space) throws InterruptedException {
        return new ImpactScale(workers).of(space);
    }
}
