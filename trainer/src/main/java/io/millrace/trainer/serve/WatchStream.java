package io.millrace.trainer.serve;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.service.Refusals;
import io.millrace.trainer.watch.LogTail;
import io.millrace.trainer.watch.RunUpdates;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller who watches a run: its logs, as fast as they are taken, then what is added to them, until the run has ended. Nothing
 * is held in memory for a slow caller, and the run never waits for one.
 */
final class WatchStream implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchStream.class);
    /** How often something is sent at least, so that callers see that there is still somebody. */
    private static final Duration PULSE = Duration.ofSeconds(10);

    private final TrainingRuns runs;
    private final KnownRun run;
    private final ServerCallStreamObserver<RunUpdate> caller;
    private final long fromStep;
    private int recipe;
    private LogTail tail;

    /**
     * A stream that has not begun.
     *
     * @param fromRecipe first recipe wanted, from 1
     * @param fromStep first step of it
     */
    WatchStream(
            TrainingRuns runs,
            KnownRun run,
            ServerCallStreamObserver<RunUpdate> caller,
            int fromRecipe,
            long fromStep) {
        this.runs = runs;
        this.run = run;
        this.caller = caller;
        this.fromStep = fromStep;
        this.recipe = fromRecipe;
        this.tail = tail();
        caller.setOnReadyHandler(this::wake);
        caller.setOnCancelHandler(() -> {
            wake();
            runs.look();
        });
    }

    private LogTail tail() {
        return new LogTail(run.log(recipe), recipe, run.steps(recipe), fromStep);
    }

    private synchronized void wake() {
        notifyAll();
    }

    @Override
    public void run() {
        try {
            watch();
            if (!caller.isCancelled()) {
                caller.onCompleted();
            }
        } catch (StatusRuntimeException e) {
            end(e);
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("the log of {} cannot be read", run.name(), e);
            end(Status.DATA_LOSS
                    .withDescription("the log of '" + run.name() + "' cannot be read: " + e.getMessage())
                    .asRuntimeException());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(stopping());
        } finally {
            close();
        }
    }

    private void end(StatusRuntimeException why) {
        if (!caller.isCancelled()) {
            caller.onError(why);
        }
    }

    private static StatusRuntimeException stopping() {
        return Refusals.unavailable("the trainer is stopping; watch again from the last step that was seen");
    }

    private void watch() throws IOException, InterruptedException {
        RunStatus told = RunStatus.getDefaultInstance();
        while (!caller.isCancelled()) {
            // Looked at first: what the status knows of is in the logs by then.
            long seen = runs.changes(run);
            RunStatus status = runs.status(run);
            boolean closing = runs.isClosing();
            drain(status.getRecipe());
            if (RunUpdates.hasEnded(status)) {
                send(RunUpdate.newBuilder()
                        .setRecipe(status.getRecipe())
                        .setStatus(status)
                        .build());
                return;
            }
            if (closing) {
                throw stopping();
            }
            if (status.getState() != told.getState() || status.getPlace() != told.getPlace()) {
                told = status;
                send(RunUpdate.newBuilder()
                        .setRecipe(status.getRecipe())
                        .setStatus(status)
                        .build());
            }
            runs.await(run, seen, PULSE, caller::isCancelled);
            if (runs.changes(run) == seen && !caller.isCancelled()) {
                told = RunStatus.getDefaultInstance();
            }
        }
    }

    /** Sends all that is in the logs up to a recipe's. */
    private void drain(int upTo) throws IOException, InterruptedException {
        while (!caller.isCancelled()) {
            List<RunUpdate> updates = tail.more();
            for (RunUpdate update : updates) {
                send(update);
            }
            if (!updates.isEmpty()) {
                continue;
            }
            if (recipe >= upTo) {
                return;
            }
            tail.close();
            recipe++;
            tail = tail();
        }
    }

    /** Waits until the caller takes more, and sends. */
    private void send(RunUpdate update) throws InterruptedException {
        synchronized (this) {
            while (!caller.isReady() && !caller.isCancelled()) {
                if (runs.isClosing()) {
                    throw stopping();
                }
                wait(PULSE.toMillis());
            }
        }
        if (!caller.isCancelled()) {
            caller.onNext(update);
        }
    }

    private void close() {
        try {
            tail.close();
        } catch (IOException e) {
            LOG.warn("a log did not close", e);
        }
    }
}
