package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Changes a model's weights by the gradients that came together since the last step. To be used by the thread that uses the
 * model.
 */
public final class Optimizer implements AutoCloseable {
    private final LearningModel model;
    private final AdamW numbers;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    /** By encoder, then by weight. */
    private final Map<String, Map<String, Moments>> moments = new LinkedHashMap<>();

    private long steps;

    /** Running means of a weight's gradient and of its square. */
    record Moments(PtNDArray mean, PtNDArray square) {}

    /** What one kernel call changes. */
    private record Change(
            List<PtNDArray> weights, List<PtNDArray> gradients, List<PtNDArray> means, List<PtNDArray> squares) {
        Change() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /** Begins without any history. */
    public Optimizer(LearningModel model, AdamW numbers) {
        this.model = model;
        this.numbers = numbers;
        model.encoders().forEach((place, encoder) -> {
            Map<String, Moments> ofEncoder = new LinkedHashMap<>();
            encoder.weights()
                    .learned()
                    .forEach((name, value) -> ofEncoder.put(name, new Moments(zeros(value), zeros(value))));
            moments.put(place, ofEncoder);
        });
    }

    private PtNDArray zeros(PtNDArray like) {
        return (PtNDArray) ((NDManager) owner).zeros(like.getShape());
    }

    /** Steps taken. */
    public long steps() {
        return steps;
    }

    /** Means and squares, by encoder and weight. */
    Map<String, Map<String, Moments>> moments() {
        return moments;
    }

    /** Goes on from a number of steps. */
    void resume(long taken) {
        steps = taken;
    }

    /**
     * Takes a step, and forgets the gradients.
     *
     * @param rate learning rate of this step
     * @return Euclidean norm of all gradients together, before it was clipped; NaN or infinite if a gradient is, in which
     *     case no weight was changed and the step does not count
     */
    public double step(double rate) {
        double square = 0;
        Map<String, Map<String, PtNDArray>> gradients = new LinkedHashMap<>();
        for (Map.Entry<String, LearnedEncoder> place : model.encoders().entrySet()) {
            LearnedEncoder encoder = place.getValue();
            Map<String, PtNDArray> sums = encoder.call(() -> sums(encoder));
            gradients.put(place.getKey(), sums);
            double norm = encoder.call(() -> norm(encoder, List.copyOf(sums.values())));
            square += norm * norm;
        }
        double norm = Math.sqrt(square);
        if (Double.isFinite(norm)) {
            steps++;
            gradients.forEach((place, sums) -> {
                LearnedEncoder encoder = model.encoders().get(place);
                encoder.call(() -> apply(encoder, sums, moments.get(place), rate, norm));
            });
        }
        gradients.forEach((place, sums) -> {
            sums.values().forEach(PtNDArray::close);
            model.encoders().get(place).lanes().forEach(Lane::clear);
        });
        return norm;
    }

    /** Adds up what lanes have, in a fixed order, in the first one's memory. */
    private static Map<String, PtNDArray> sums(LearnedEncoder encoder) {
        Map<String, PtNDArray> sums = new LinkedHashMap<>();
        for (String name : encoder.weights().learned().keySet()) {
            List<PtNDArray> parts = new ArrayList<>();
            for (Lane lane : encoder.lanes()) {
                lane.recorded(name).ifPresent(parts::add);
                lane.computed(name).map(array -> (PtNDArray) array.duplicate()).ifPresent(parts::add);
            }
            Optional<PtNDArray> sum = parts.stream().findFirst();
            if (sum.isPresent()) {
                for (PtNDArray part : parts.subList(1, parts.size())) {
                    sum.get().addi(part);
                    part.close();
                }
                sums.put(name, sum.get());
            }
        }
        return sums;
    }

    private double norm(LearnedEncoder encoder, List<PtNDArray> gradients) {
        if (gradients.isEmpty()) {
            return 0;
        }
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue list = list(gradients)) {
            return encoder.kernels().call(local, "learn_norm", list).toFloatArray()[0];
        }
    }

    private boolean apply(
            LearnedEncoder encoder,
            Map<String, PtNDArray> sums,
            Map<String, Moments> history,
            double rate,
            double norm) {
        if (numbers.clip() > 0 && norm > numbers.clip()) {
            // As torch.nn.utils.clip_grad_norm_ has it.
            try (IValue list = list(List.copyOf(sums.values()));
                    IValue factor = IValue.from(numbers.clip() / (norm + 1e-6))) {
                encoder.kernels().callForValue("learn_scale", list, factor).close();
            }
        }
        Change decayed = new Change();
        Change kept = new Change();
        sums.forEach((name, gradient) -> {
            Change change = decays(name) ? decayed : kept;
            change.weights().add(encoder.weights().learned().get(name));
            change.gradients().add(gradient);
            change.means().add(history.get(name).mean());
            change.squares().add(history.get(name).square());
        });
        change(encoder, decayed, rate, numbers.decay());
        change(encoder, kept, rate, 0);
        return true;
    }

    /** Biases and norms keep theirs, as transformers' trainer has it. */
    private static boolean decays(String name) {
        return !name.endsWith("bias") && !name.toLowerCase(Locale.ROOT).contains("norm");
    }

    private void change(LearnedEncoder encoder, Change change, double rate, double decay) {
        if (change.weights().isEmpty()) {
            return;
        }
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            List<IValue> arguments = List.of(
                    list(change.weights()),
                    list(change.gradients()),
                    list(change.means()),
                    list(change.squares()),
                    IValue.from((PtNDArray) ((NDManager) local).create((float) steps)),
                    IValue.from(rate),
                    IValue.from(numbers.first()),
                    IValue.from(numbers.second()),
                    IValue.from(decay),
                    IValue.from(numbers.epsilon()));
            encoder.kernels()
                    .callForValue("learn_adamw", arguments.toArray(IValue[]::new))
                    .close();
            arguments.forEach(IValue::close);
        }
    }

    private static IValue list(List<PtNDArray> arrays) {
        return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    }

    /** Frees the history. Idempotent. */
    @Override
    public void close() {
        owner.close();
    }
}
