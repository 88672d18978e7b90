package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.safetensors.RenamedTensors;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Averages the weights of checkpoints that were trained from the same one: a fine-tuned model and the one it came from, which
 * keeps what the latter knew of other domains (WiSE-FT, Wortsman et al., CVPR 2022), or several runs (model soups, Wortsman
 * et al., ICML 2022). The average costs nothing to serve.
 */
public final class CheckpointAverage {
    /** How far from 1 the shares' sum may be, for those written in decimals. */
    private static final double SUM_TOLERANCE = 1e-9;

    private CheckpointAverage() {}

    /**
     * One of the checkpoints.
     *
     * @param checkpoint to average
     * @param share what its weights are multiplied with; below 0 or above 1 is extrapolation
     */
    public record Part(Checkpoint checkpoint, double share) {}

    /**
     * Writes the average. Its contract and tokenizer are the first checkpoint's.
     *
     * @param parts at least two, whose shares add up to 1
     * @param target directory, made if missing; it must not hold a checkpoint yet
     * @param type how weights are stored
     * @param name of the average, for people
     * @return the average, with its digests
     * @throws IllegalArgumentException if there are fewer than two parts, or their shares do not add up to 1
     * @throws InvalidModelException if checkpoints have another head, reading, vocabulary or architecture than the first,
     *     one is damaged, or the target holds a checkpoint
     * @throws IOException if reading or writing fails
     */
    public static Checkpoint write(List<Part> parts, Path target, TensorType type, String name) throws IOException {
        double sum = parts.stream().mapToDouble(Part::share).sum();
        if (parts.size() < 2) {
            throw new IllegalArgumentException("an average takes at least two checkpoints, not " + parts.size());
        }
        if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
            throw new IllegalArgumentException("the shares add up to " + sum + ", and must add up to 1");
        }
        Checkpoint first = parts.getFirst().checkpoint();
        for (Part part : parts.subList(1, parts.size())) {
            for (TextRole role : TextRole.values()) {
                requireAlike(first, part.checkpoint(), role);
            }
        }
        return CheckpointWriter.copy(first, target, type, name, new Averages(parts));
    }

    private static void requireAlike(Checkpoint first, Checkpoint other, TextRole role) {
        RoleContract expected = first.contract().role(role);
        RoleContract found = other.contract().role(role);
        String pair = other.directory() + " and " + first.directory();
        if (!found.head().equals(expected.head()) || !found.reading().equals(expected.reading())) {
            throw new InvalidModelException(pair + " make vectors of a "
                    + role.name().toLowerCase(Locale.ROOT)
                    + " in different ways: " + found.head() + ", " + found.reading() + " and " + expected.head() + ", "
                    + expected.reading() + "; only models of one kind can be averaged");
        }
        if (!Objects.equals(
                first.configs().get(expected.checkpoint()), other.configs().get(found.checkpoint()))) {
            throw new InvalidModelException(pair + " have transformers of different configuration (" + Checkpoint.CONFIG
                    + "); only checkpoints of one architecture can be averaged");
        }
        Vocabulary terms = other.encoder(role).vocabulary();
        Vocabulary wanted = first.encoder(role).vocabulary();
        for (int id = 0; id < Math.max(terms.size(), wanted.size()); id++) {
            if (id >= terms.size() || id >= wanted.size() || !terms.term(id).equals(wanted.term(id))) {
                throw new InvalidModelException(pair + " have different tokens of id " + id
                        + "; only models with one vocabulary can be averaged");
            }
        }
    }

    /** The weights, by the encoders of the first checkpoint. */
    private record Averages(List<Part> parts) implements CheckpointWriter.Weights {
        private double[] shares() {
            return parts.stream().mapToDouble(Part::share).toArray();
        }

        @Override
        public TensorSource open(Path directory) throws IOException {
            TextRole role = List.of(TextRole.values()).stream()
                    .filter(each -> parts.getFirst()
                            .checkpoint()
                            .encoder(each)
                            .directory()
                            .equals(directory))
                    .findFirst()
                    .orElseThrow();
            List<TensorSource> opened = new ArrayList<>();
            try {
                for (Part part : parts) {
                    opened.add(new RenamedTensors(
                            WeightFiles.open(part.checkpoint().encoder(role).directory()),
                            CheckpointWriter::currentName));
                }
            } catch (IOException | RuntimeException e) {
                opened.forEach(TensorSource::close);
                throw e;
            }
            return new AveragedTensors(opened, shares());
        }

        @Override
        public TokenWeights tokens(TextRole role) throws IOException {
            double[] sums = new double[0];
            for (Part part : parts) {
                EncoderFiles files = part.checkpoint().encoder(role);
                float[] table = TokenWeights.of(
                                part.checkpoint().contract().role(role), files.directory(), files.vocabulary())
                        .orElseThrow()
                        .weights();
                sums = sums.length == 0 ? new double[table.length] : sums;
                for (int id = 0; id < table.length; id++) {
                    sums[id] += part.share() * table[id];
                }
            }
            float[] averages = new float[sums.length];
            for (int id = 0; id < sums.length; id++) {
                averages[id] = (float) sums[id];
            }
            return TokenWeights.of(averages, false);
        }
    }
}
