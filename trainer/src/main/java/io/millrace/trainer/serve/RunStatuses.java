package io.millrace.trainer.serve;

import io.millrace.service.registry.ModelName;
import io.millrace.trainer.serve.RunRecord.Standing;
import io.millrace.v1.RunState;
import io.millrace.v1.RunStatus;
import java.util.Locale;

/** What runs do, as callers are told. */
final class RunStatuses {
    private RunStatuses() {}

    /**
     * Of a run, while its owner's monitor is held.
     *
     * @param place among those that wait, from 1; 0 = does not wait
     */
    static RunStatus of(KnownRun run, int place) {
        RunRecord record = run.record;
        RunState state = state(run);
        RunStatus.Builder status = RunStatus.newBuilder()
                .setName(record.name())
                .setState(state)
                .setDetail(record.detail())
                .setRecipe(run.recipe)
                .setRecipes(run.recipes())
                .setSteps(run.steps(run.recipe))
                .setPlace(place)
                .setThreads(record.told().threads())
                .setRecipeSha256(record.recipe())
                .setStartedAtMillis(record.told().startedAtMillis());
        if (run.last != null) {
            status.setStep(run.last.getStep().getStep())
                    .setLoss(run.last.getStep().getLoss());
            if (state == RunState.RUN_STATE_TRAINING) {
                status.setEtaSeconds(run.last.getStep().getEtaSeconds());
            }
        }
        if (!record.published().isEmpty()) {
            status.setPublished(ModelName.parse(record.published()).reference());
        }
        return status.build();
    }

    private static RunState state(KnownRun run) {
        boolean busy = run.control != null;
        return switch (run.record.standing()) {
            case WAITING -> busy ? RunState.RUN_STATE_HALTING : RunState.RUN_STATE_WAITING;
            case TRAINING ->
                busy
                        ? run.publishing ? RunState.RUN_STATE_PUBLISHING : RunState.RUN_STATE_TRAINING
                        : RunState.RUN_STATE_WAITING;
            case PAUSED -> busy ? RunState.RUN_STATE_HALTING : RunState.RUN_STATE_PAUSED;
            case STOPPED -> busy ? RunState.RUN_STATE_HALTING : RunState.RUN_STATE_STOPPED;
            case FINISHED -> RunState.RUN_STATE_FINISHED;
            case FAILED -> RunState.RUN_STATE_FAILED;
        };
    }

    /** Where a run stands, in a sentence. */
    static String word(Standing standing) {
        return standing.name().toLowerCase(Locale.ROOT);
    }
}
