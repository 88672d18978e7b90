package io.millrace.deploy.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.engine.Precision;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs {@link EncodeMeasurement} in a JVM of its own and reads what it prints. */
final class EncodeProcess {
    private static final long LONGEST_HOURS = 12;

    private EncodeProcess() {}

    /**
     * Figures of one run.
     *
     * @param queries texts that are encoded after the documents
     * @param vectors file for the vectors of both
     * @throws IOException if the process failed; its last words are in the message
     */
    static Map<String, Object> run(EncodeJob job, Precision precision, List<String> queries, Path vectors)
            throws IOException, InterruptedException {
        Path questions = vectors.resolveSibling(vectors.getFileName() + ".queries");
        Files.writeString(questions, new JsonMapper().writeValueAsString(queries));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // A debugger's or a profiler's agent is for this process alone.
            if (!flag.startsWith("-agentlib") && !flag.startsWith("-javaagent")) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), EncodeMeasurement.class.getName()));
        command.addAll(List.of(
                job.model().folder().toString(),
                job.data().toString(),
                Integer.toString(job.limits().documents()),
                Integer.toString(job.limits().maxTokens()),
                Integer.toString(job.limits().threads()),
                Integer.toString(job.limits().repetitions()),
                job.kernels(),
                precision.name(),
                job.model().device().label(),
                questions.toString(),
                vectors.toString()));
        job.model().adapters().forEach(adapter -> command.add(adapter.toString()));
        File words = vectors.resolveSibling(vectors.getFileName() + ".err").toFile();
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.to(words))
                .start();
        try {
            byte[] printed = process.getInputStream().readAllBytes();
            if (!process.waitFor(LONGEST_HOURS, TimeUnit.HOURS) || process.exitValue() != 0) {
                List<String> last = Files.readAllLines(words.toPath());
                throw new IOException("measuring " + precision + " failed: "
                        + String.join("\n", last.subList(Math.max(0, last.size() - 3), last.size())));
            }
            return new JsonMapper()
                    .readValue(
                            new String(printed, StandardCharsets.UTF_8),
                            new TypeReference<LinkedHashMap<String, Object>>() {});
        } finally {
            process.destroyForcibly();
        }
    }
}
