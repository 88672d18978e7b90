package io.millrace.trainer.watch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.run.RunEvent;
import io.millrace.v1.CheckpointJudged;
import io.millrace.v1.LossPart;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StepReached;
import io.millrace.v1.VectorSparsity;

/** Lines of a run's log as updates. Numbers are the log's to the last bit. */
public final class RunUpdates {
    private static final JsonMapper JSON = new JsonMapper();

    private RunUpdates() {}

    /** Whether nothing more comes of a run, unless somebody resumes it. */
    public static boolean hasEnded(RunStatus status) {
        return switch (status.getState()) {
            case RUN_STATE_STOPPED, RUN_STATE_FINISHED, RUN_STATE_FAILED -> true;
            default -> false;
        };
    }

    /**
     * What has just happened.
     *
     * @param recipe that it is about, from 1
     * @param steps of that recipe
     */
    public static RunUpdate of(RunEvent event, int recipe, long steps) {
        return of(event.toJson(), recipe, steps);
    }

    /**
     * A line of the log.
     *
     * @throws IllegalArgumentException if it is none
     */
    static RunUpdate of(String line, int recipe, long steps) {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a line of a run's log: " + e.getOriginalMessage(), e);
        }
        RunUpdate.Builder update = RunUpdate.newBuilder().setRecipe(recipe);
        return json.path("kind").asText().equals("step")
                ? update.setStep(step(json, steps)).build()
                : update.setJudged(judged(json)).build();
    }

    /** Steps taken at an update; 0 if it is about none. */
    static long step(RunUpdate update) {
        return switch (update.getKindCase()) {
            case STEP -> update.getStep().getStep();
            case JUDGED -> update.getJudged().getStep();
            case STATUS, KIND_NOT_SET -> 0;
        };
    }

    private static StepReached step(JsonNode json, long steps) {
        long step = json.path("step").asLong();
        double seconds = json.path("seconds_per_step").asDouble();
        StepReached.Builder reached = StepReached.newBuilder()
                .setStep(step)
                .setSteps(steps)
                .setLoss(json.path("loss").asDouble())
                .setRate(json.path("rate").asDouble())
                .setGradientNorm(json.path("norm").asDouble())
                .setSecondsPerStep(seconds)
                .setTextsPerSecond(json.path("texts_per_second").asDouble())
                .setEtaSeconds(seconds * Math.max(0, steps - step));
        json.path("terms")
                .properties()
                .forEach(term -> reached.addParts(LossPart.newBuilder()
                        .setName(term.getKey())
                        .setValue(term.getValue().asDouble())));
        if (json.has("document_non_zeros")) {
            reached.setSparsity(sparsity(json));
        }
        return reached.build();
    }

    private static CheckpointJudged judged(JsonNode json) {
        return CheckpointJudged.newBuilder()
                .setStep(json.path("step").asLong())
                .setMetric(json.path("metric").asText())
                .setValue(json.path("value").asDouble())
                .setSparsity(sparsity(json))
                .setDead(json.path("dead").asDouble())
                .setLikeness(json.path("likeness").asDouble())
                .setBest(json.path("best").asBoolean())
                .build();
    }

    private static VectorSparsity sparsity(JsonNode json) {
        return VectorSparsity.newBuilder()
                .setQueryNonZeros(json.path("query_non_zeros").asDouble())
                .setDocumentNonZeros(json.path("document_non_zeros").asDouble())
                .setFlops(json.path("flops").asDouble())
                .setLongestList(json.path("longest_list").asDouble())
                .build();
    }
}
