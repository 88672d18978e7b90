package io.millrace.trainer.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.service.DurableFile;
import io.millrace.service.blob.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is kept of a run beside what it trained, in {@code run.json}: a line of JSON, and its SHA-256 on the next. Written whole and
 * synced before anybody is told.
 *
 * @param format 1
 * @param name of the run
 * @param recipe SHA-256 of the recipe's text
 * @param told what its starter said
 * @param standing where it stands
 * @param detail why; empty for nothing to say
 * @param published model that came out, {@code NAME@VERSION}; empty for none
 */
record RunRecord(
        int format, String name, String recipe, Told told, Standing standing, String detail, String published) {
    private static final int FORMAT = 1;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    /** Where a run stands, for as long as nobody asks otherwise. A server that starts goes on with those that train or wait. */
    enum Standing {
        WAITING,
        TRAINING,
        PAUSED,
        STOPPED,
        FINISHED,
        FAILED
    }

    /**
     * What the starter of a run said.
     *
     * @param threads that compute
     * @param publish whether its last checkpoint is published in any case
     * @param order of those that wait; larger is later
     * @param startedAtMillis since 1970
     */
    record Told(int threads, boolean publish, long order, long startedAtMillis) {}

    /** A run that has just been started. */
    static RunRecord started(String name, String recipe, Told told) {
        return new RunRecord(FORMAT, name, recipe, told, Standing.WAITING, "", "");
    }

    /** A run whose own record cannot be read. */
    static RunRecord damaged(String name, String why) {
        return new RunRecord(FORMAT, name, "", new Told(0, false, 0, 0), Standing.FAILED, why, "");
    }

    /** The same, standing otherwise. */
    RunRecord standing(Standing now, String why) {
        return new RunRecord(format, name, recipe, told, now, why, published);
    }

    /** The same, waiting behind others. */
    RunRecord waiting(long order) {
        Told later = new Told(told.threads, told.publish, order, told.startedAtMillis);
        return new RunRecord(format, name, recipe, later, Standing.WAITING, "", published);
    }

    /** The same with a model that came out. */
    RunRecord published(String model) {
        return new RunRecord(format, name, recipe, told, standing, detail, model);
    }

    /** Whether it goes on by itself. */
    boolean active() {
        return standing == Standing.WAITING || standing == Standing.TRAINING;
    }

    /** Writes it; it appears whole, or what was there before stays. */
    void write(Path file) throws IOException {
        String json = JSON.writeValueAsString(this);
        DurableFile.replace(file, json + "\n" + digest(json) + "\n");
    }

    /** What a file says, whatever bytes are in it. */
    static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /** SHA-256 of a recipe's text. */
    static String digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is not what was written
     */
    static RunRecord read(Path file) throws IOException {
        // Bytes that are no text become characters that match no SHA-256.
        List<String> lines = text(file).lines().toList();
        if (lines.size() != 2 || !digest(lines.getFirst()).equals(lines.getLast())) {
            throw new IllegalArgumentException(file + " does not match its SHA-256");
        }
        try {
            RunRecord record = JSON.readValue(lines.getFirst(), RunRecord.class);
            if (record.format != FORMAT) {
                throw new IllegalArgumentException(
                        file + " has the format " + record.format + ", but this version reads " + FORMAT);
            }
            return record;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + " is not the record of a run: " + e.getOriginalMessage(), e);
        }
    }
}
