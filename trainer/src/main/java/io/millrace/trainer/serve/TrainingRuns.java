package io.millrace.trainer.serve;

import io.millrace.service.NearestName;
import io.millrace.service.Refusals;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.run.Judgement;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.RunEvent;
import io.millrace.trainer.run.RunListener;
import io.millrace.trainer.run.StepReport;
import io.millrace.trainer.serve.RunRecord.Standing;
import io.millrace.trainer.watch.RunUpdates;
import io.millrace.v1.RunStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All runs of a server. One thread trains, one run at a time; others wait in the order they came. What a caller is told is on disk
 * by then, so that it holds after a restart, too. Safe for many threads; the monitor of this guards every {@link KnownRun}.
 */
final class TrainingRuns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRuns.class);
    private static final Duration RETRY_AFTER = Duration.ofMinutes(1);
    /** Runs that a server knows: their records are held in memory. */
    private static final int MOST_RUNS = 10_000;

    private final TrainerConfig config;
    private final RunExecution execution;
    private final TrainerMetrics metrics;
    private final Map<String, KnownRun> runs = new TreeMap<>();
    private final Deque<KnownRun> waiting = new ArrayDeque<>();
    private final Thread thread = new Thread(this::work, "training");
    private @Nullable KnownRun active;
    private long order;
    private boolean closing;

    private TrainingRuns(TrainerConfig config, RunExecution execution, TrainerMetrics metrics) {
        this.config = config;
        this.execution = execution;
        this.metrics = metrics;
    }

    /**
     * Reads the runs there are, and goes on with those that trained or waited, in this order.
     *
     * @throws IOException if the folder cannot be read or made
     */
    static TrainingRuns open(TrainerConfig config, RunExecution execution, TrainerMetrics metrics) throws IOException {
        TrainingRuns all = new TrainingRuns(config, execution, metrics);
        Files.createDirectories(config.runs());
        try (Stream<Path> folders = Files.list(config.runs())) {
            for (Path folder : folders.filter(KnownRun::is).sorted().toList()) {
                KnownRun run = KnownRun.load(folder);
                all.runs.put(run.name(), run);
            }
        }
        all.runs.values().stream()
                .filter(run -> run.record.active())
                .sorted(Comparator.comparing((KnownRun run) -> run.record.standing() == Standing.WAITING)
                        .thenComparingLong(run -> run.record.told().order()))
                .forEach(all.waiting::add);
        all.order = all.runs.values().stream()
                .mapToLong(run -> run.record.told().order())
                .max()
                .orElse(0);
        metrics.watch(all);
        return all;
    }

    /** Begins to train. */
    void start() {
        thread.start();
    }

    /** The run of a name, if there is one. */
    synchronized @Nullable KnownRun find(String name) {
        return runs.get(name);
    }

    /** @throws io.grpc.StatusRuntimeException NOT_FOUND if there is none */
    synchronized KnownRun get(String name) {
        KnownRun run = runs.get(name);
        if (run == null) {
            throw Refusals.notFound("there is no run '" + shortened(name) + "'"
                    + (runs.isEmpty()
                            ? "; none was started yet"
                            : "; did you mean '" + NearestName.of(shortened(name), runs.keySet())
                                    + "'? ListRuns has all"));
        }
        return run;
    }

    private static String shortened(String name) {
        return name.length() <= 140 ? name : name.substring(0, 140) + "…";
    }

    /** What a run does. */
    synchronized RunStatus status(KnownRun run) {
        List<KnownRun> queue = List.copyOf(waiting);
        return RunStatuses.of(run, queue.indexOf(run) + 1);
    }

    /** What all runs do, by name. */
    synchronized List<RunStatus> statuses() {
        return runs.values().stream().map(this::status).toList();
    }

    /** Number of runs that stand somewhere. */
    synchronized long count(Standing standing) {
        return runs.values().stream()
                .filter(run -> run.record.standing() == standing)
                .count();
    }

    /**
     * Adds a run, which was checked, unless there is one of its name by now.
     *
     * @param run makes it, given its place in the order
     * @return the run of that name
     */
    synchronized KnownRun add(String name, Making run) throws IOException {
        KnownRun there = runs.get(name);
        if (there != null) {
            return there;
        }
        if (runs.size() >= MOST_RUNS) {
            throw Refusals.overloaded(
                    "the trainer knows " + runs.size() + " runs, its limit; stop it and move folders of old runs away",
                    RETRY_AFTER);
        }
        requireRoom();
        KnownRun made = run.make(config.runs().resolve(name), ++order);
        runs.put(name, made);
        waiting.add(made);
        changed(made);
        return made;
    }

    /** Makes a run on disk. */
    @FunctionalInterface
    interface Making {
        KnownRun make(Path folder, long order) throws IOException;
    }

    /** Refuses before anything is written. */
    synchronized void requireRoom() {
        int ahead = waiting.size() + (active == null ? 0 : 1);
        if (closing) {
            throw Refusals.unavailable("the trainer is stopping; ask again when it is back");
        }
        if (ahead > config.waiting()) {
            throw Refusals.overloaded(
                    (active == null ? "no run trains yet" : "the run '" + active.name() + "' trains") + " and "
                            + waiting.size() + " wait, where " + config.waiting()
                            + " may; pause or stop some, or start the trainer with another --waiting",
                    RETRY_AFTER);
        }
    }

    /** Pauses or stops a run. */
    synchronized void halt(KnownRun run, Standing to) throws IOException {
        Standing from = run.record.standing();
        boolean ended = from == Standing.FINISHED || from == Standing.FAILED;
        if (from == to || (ended && to == Standing.STOPPED)) {
            return;
        }
        if (ended || from == Standing.STOPPED) {
            throw Refusals.failedPrecondition(
                    "the run '" + run.name() + "' is " + RunStatuses.word(from) + " and cannot be paused");
        }
        run.update(run.record.standing(to, ""));
        waiting.remove(run);
        if (run.control != null) {
            run.control.stop();
        }
        changed(run);
    }

    /** Lets a run that stands still go on. */
    synchronized void resume(KnownRun run) throws IOException {
        if (run.record.active()) {
            return;
        }
        if (run.record.standing() == Standing.FINISHED) {
            throw Refusals.failedPrecondition(
                    "the run '" + run.name() + "' is finished; there is nothing to go on with");
        }
        if (run.record.recipe().isEmpty()) {
            throw Refusals.failedPrecondition("the run '" + run.name() + "' cannot go on: " + run.record.detail());
        }
        requireRoom();
        run.update(run.record.waiting(++order));
        // One that is about to halt begins anew when it has.
        if (run != active) {
            waiting.add(run);
        }
        changed(run);
    }

    private void changed(KnownRun run) {
        run.changes++;
        notifyAll();
    }

    /** Number of changes of a run so far. */
    synchronized long changes(KnownRun run) {
        return run.changes;
    }

    /**
     * Waits until a run has changed since, the time is up, or the caller is gone, of which {@link #look} tells.
     *
     * @param gone whether nobody waits any more
     */
    synchronized void await(KnownRun run, long seen, Duration longest, BooleanSupplier gone)
            throws InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        for (long left = longest.toMillis();
                run.changes == seen && !closing && !gone.getAsBoolean() && left > 0;
                left = (deadline - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }

    /** Has all who wait look whether they still have to. */
    synchronized void look() {
        notifyAll();
    }

    /** Whether no more is to come of a run, but what can be read already. */
    synchronized boolean isClosing() {
        return closing;
    }

    private void work() {
        while (true) {
            KnownRun run;
            RunControl control = new RunControl();
            synchronized (this) {
                try {
                    while (waiting.isEmpty() && !closing) {
                        wait();
                    }
                } catch (InterruptedException e) {
                    return;
                }
                if (closing) {
                    return;
                }
                run = waiting.removeFirst();
                active = run;
                run.control = control;
                settle(run, run.record.standing(Standing.TRAINING, ""));
            }
            LOG.info("training {}", run.name());
            RunExecution.End end = execution.run(run, control, new Observed(run));
            synchronized (this) {
                active = null;
                run.control = null;
                run.publishing = false;
                settled(run, end);
            }
            LOG.info("{}: {}", run.name(), run.record.standing());
        }
    }

    private void settled(KnownRun run, RunExecution.End end) {
        switch (end) {
            case RunExecution.End.Finished(String detail) ->
                settle(run, run.record.standing(Standing.FINISHED, detail));
            case RunExecution.End.Failed(String why) -> settle(run, run.record.standing(Standing.FAILED, why));
            case RunExecution.End.Halted() -> {
                // It was paused, stopped, resumed in the meantime, or the server stops, where it stays as it is.
                if (run.record.standing() == Standing.WAITING) {
                    waiting.add(run);
                }
                changed(run);
            }
        }
    }

    /** Records what nobody asked for; if the disk does not take it, it holds until the next start, which begins where it can. */
    private void settle(KnownRun run, RunRecord record) {
        try {
            run.update(record);
        } catch (IOException e) {
            LOG.error("cannot write the record of {}", run.name(), e);
            run.record = record;
        }
        changed(run);
    }

    /** What a run on the training thread tells. */
    private final class Observed implements RunExecution.Observer {
        private final KnownRun run;

        Observed(KnownRun run) {
            this.run = run;
        }

        @Override
        public RunListener follows(int recipe, long steps) {
            synchronized (TrainingRuns.this) {
                if (recipe != run.recipe) {
                    run.last = null;
                }
                run.recipe = recipe;
                changed(run);
            }
            return event -> happened(event, recipe, steps);
        }

        private void happened(RunEvent event, int recipe, long steps) {
            switch (event) {
                case StepReport report -> metrics.record(report);
                case Judgement judgement -> metrics.record(judgement);
            }
            synchronized (TrainingRuns.this) {
                if (event instanceof StepReport) {
                    run.last = RunUpdates.of(event, recipe, steps);
                }
                changed(run);
            }
        }

        @Override
        public void publishes() {
            synchronized (TrainingRuns.this) {
                run.publishing = true;
                changed(run);
            }
        }

        @Override
        public void published(ModelName model) throws IOException {
            synchronized (TrainingRuns.this) {
                run.publishing = false;
                run.update(run.record.published(model.toString()));
                changed(run);
            }
        }
    }

    /** Ends the step that is being taken, saves, and keeps all runs for the next start. */
    @Override
    public void close() {
        synchronized (this) {
            closing = true;
            if (active != null && active.control != null) {
                active.control.stop();
            }
            notifyAll();
        }
        try {
            if (!thread.join(config.shutdownGrace())) {
                LOG.warn("a step takes longer than {}; it is taken again later", config.shutdownGrace());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
