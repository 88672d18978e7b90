package io.millrace.deploy.train;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.client.ClientOptions;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.ServerRefusal;
import io.millrace.trainer.watch.RunUpdates;
import io.millrace.v1.RunState;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StartRunRequest;
import io.millrace.v1.StartRunResponse;
import io.millrace.v1.TrainerGrpc;
import io.millrace.v1.WatchRunRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A trainer's runs, from a command. */
final class RemoteRun {
    private static final long CALL_SECONDS = 30;
    /** A stream is opened anew this often, so that one whose server is gone without a word does not wait for ever. */
    private static final long STREAM_SECONDS = 300;

    /** How long a trainer that was there may be away. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long PAUSE_MILLIS = 500;

    private final Console console;
    private final boolean json;
    private final String address;

    /**
     * A trainer.
     *
     * @param json whether results are for programs
     * @param server {@code host:port}
     */
    RemoteRun(Console console, boolean json, String server) {
        this.console = console;
        this.json = json;
        this.address = ClientOptions.forServer(server).target();
    }

    /**
     * What is started.
     *
     * @param recipe its text
     * @param threads 0 for the trainer's setting
     * @param publish whether to publish in any case
     * @param resume whether to go on with a run that stands still
     */
    record Start(String recipe, int threads, boolean publish, boolean resume) {}

    int start(String name, Start start, boolean detach) throws InterruptedException {
        StartRunResponse started = call(trainer -> trainer.startRun(StartRunRequest.newBuilder()
                .setName(name)
                .setRecipe(start.recipe())
                .setThreads(start.threads())
                .setPublish(start.publish())
                .setResume(start.resume())
                .build()));
        if (!started.getCreated() && !start.resume()) {
            console.say("There is a run " + name + " with this recipe already; it is "
                    + RunFields.word(started.getRun().getState()) + ".");
        }
        if (detach) {
            RunFields.print(console, json, started.getRun());
            return ExitCode.OK;
        }
        return watch(name);
    }

    /** Asks for one thing. */
    <T> T call(Function<TrainerGrpc.TrainerBlockingStub, T> call) {
        ManagedChannel channel = channel();
        try {
            return call.apply(TrainerGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS));
        } catch (StatusRuntimeException e) {
            throw ServerRefusal.of(e, address);
        } finally {
            channel.shutdownNow();
        }
    }

    private ManagedChannel channel() {
        return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .build();
    }

    /** Shows a run until it has ended. A trainer that is away comes back: what was seen is not shown again. */
    int watch(String name) throws InterruptedException {
        console.say("Watching " + name + ", which goes on without this command.");
        RunProgress progress = new RunProgress(console, name);
        Seen seen = new Seen();
        long lost = -1;
        ManagedChannel channel = channel();
        try {
            while (true) {
                try {
                    Iterator<RunUpdate> updates = TrainerGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(STREAM_SECONDS, TimeUnit.SECONDS)
                            .watchRun(seen.request(name));
                    while (updates.hasNext()) {
                        RunUpdate update = updates.next();
                        lost = -1;
                        if (update.getKindCase() == RunUpdate.KindCase.STATUS) {
                            if (RunUpdates.hasEnded(update.getStatus())) {
                                progress.finish();
                                return ended(update.getStatus());
                            }
                            seen.status(update.getStatus(), progress);
                        } else if (seen.isNew(update)) {
                            progress.show(update);
                        }
                    }
                    throw Status.UNAVAILABLE
                            .withDescription("the stream ended before the run")
                            .asRuntimeException();
                } catch (StatusRuntimeException e) {
                    long now = System.nanoTime();
                    lost = lost < 0 ? now : lost;
                    boolean mayPass = switch (e.getStatus().getCode()) {
                        case UNAVAILABLE -> now - lost < PATIENCE.toNanos() && seen.anything();
                        case DEADLINE_EXCEEDED -> true;
                        default -> false;
                    };
                    if (!mayPass) {
                        progress.finish();
                        throw ServerRefusal.of(e, address);
                    }
                }
                Thread.sleep(PAUSE_MILLIS);
                channel.resetConnectBackoff();
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private int ended(RunStatus status) {
        RunFields.print(console, json, status);
        return status.getState() == RunState.RUN_STATE_FAILED ? ExitCode.FAILED : ExitCode.OK;
    }

    /** How far a run was seen. */
    private static final class Seen {
        private int recipe = 1;
        private long step = -1;
        private boolean judged;
        private String said = "";

        boolean anything() {
            return !said.isEmpty() || step >= 0;
        }

        WatchRunRequest request(String name) {
            return WatchRunRequest.newBuilder()
                    .setName(name)
                    .setFromRecipe(recipe)
                    .setFromStep(Math.max(0, step))
                    .build();
        }

        /** Whether an update was not seen before a stream broke off: each step is reported once, and judged once after that. */
        boolean isNew(RunUpdate update) {
            boolean judgement = update.getKindCase() == RunUpdate.KindCase.JUDGED;
            long at =
                    judgement ? update.getJudged().getStep() : update.getStep().getStep();
            boolean later = update.getRecipe() > recipe || at > step;
            if (!later && (at < step || !judgement || judged)) {
                return false;
            }
            recipe = update.getRecipe();
            step = at;
            judged = judgement;
            return true;
        }

        void status(RunStatus status, RunProgress progress) {
            String now = RunFields.word(status.getState())
                    + (status.getPlace() > 0 ? ", " + status.getPlace() + ". of those that wait" : "");
            if (!now.equals(said)) {
                said = now;
                progress.say(status.getName() + " is " + now + ".");
            }
        }
    }
}
