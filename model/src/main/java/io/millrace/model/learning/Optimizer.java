package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.engine.ArrayMemory;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Changes a model's weights by the gradients that came together since the last step. To be used by the thread that uses the
 * model.
 */
public final class Optimizer implements AutoCloseable {
    private final AdamW numbers;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<Part> parts = new ArrayList<>();
    private long steps;

    /**
     * A learner's share.
     *
     * @param place name of the learner
     */
    record Part(String place, Learner learner, List<Slot> slots) {
        /** Name of a tensor of the saved state. */
        String named(String kind, Slot slot) {
            return kind + "/" + place + "/" + slot.name();
        }
    }

    /** A weight with the running means of its gradient and of its square. */
    record Slot(String name, PtNDArray value, PtNDArray mean, PtNDArray square) {}

    /** What one kernel call changes. */
    private record Change(
            List<PtNDArray> weights, List<PtNDArray> gradients, List<PtNDArray> means, List<PtNDArray> squares) {
        Change() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /** Begins without any history. */
    public Optimizer(LearningModel model, AdamW numbers) {
        this(model.learners(), numbers);
    }

    /** Over learners by the name that tells their weights apart. */
    Optimizer(Map<String, ? extends Learner> learners, AdamW numbers) {
        this.numbers = numbers;
        learners.forEach((place, learner) -> {
            List<Slot> slots = new ArrayList<>();
            learner.weights()
                    .learned()
                    .forEach((name, value) -> slots.add(new Slot(name, value, zeros(value), zeros(value))));
            parts.add(new Part(place, learner, slots));
        });
    }

    private PtNDArray zeros(PtNDArray like) {
        return (PtNDArray) ((NDManager) owner).zeros(like.getShape());
    }

    /** Steps taken. */
    public long steps() {
        return steps;
    }

    /**
     * Saves what is learned and the history, so that a run can go on from here to the last bit.
     *
     * @param file safetensors, replaced if there; appears whole and synced, or not at all
     */
    public void save(Path file) throws IOException {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (Part part : parts) {
            for (Slot slot : part.slots()) {
                tensors.put(part.named("weight", slot), ArrayMemory.shared(slot.value()));
                tensors.put(part.named("mean", slot), ArrayMemory.shared(slot.mean()));
                tensors.put(part.named("square", slot), ArrayMemory.shared(slot.square()));
            }
        }
        SafetensorsWriter.write(file, tensors, TensorType.F32);
    }

    /**
     * Goes on from what {@link #save} wrote.
     *
     * @param taken steps that had been taken
     * @throws io.millrace.model.InvalidModelException if the file is damaged, or is of another model
     */
    public void restore(Path file, long taken) throws IOException {
        try (SafetensorsFile saved = SafetensorsFile.open(file)) {
            for (Part part : parts) {
                for (Slot slot : part.slots()) {
                    ArrayMemory.fill(slot.value(), saved, part.named("weight", slot));
                    ArrayMemory.fill(slot.mean(), saved, part.named("mean", slot));
                    ArrayMemory.fill(slot.square(), saved, part.named("square", slot));
                }
            }
        }
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
        List<Map<String, PtNDArray>> gradients = new ArrayList<>();
        for (Part part : parts) {
            Map<String, PtNDArray> sums = part.learner().call(() -> sums(part.learner()));
            gradients.add(sums);
            double norm = part.learner().call(() -> norm(part.learner(), List.copyOf(sums.values())));
            square += norm * norm;
        }
        double norm = Math.sqrt(square);
        if (Double.isFinite(norm)) {
            steps++;
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                Map<String, PtNDArray> sums = gradients.get(i);
                part.learner()
                        .call(() -> apply(part, sums, rate * part.learner().rateFactor(), norm));
            }
        }
        gradients.forEach(sums -> sums.values().forEach(PtNDArray::close));
        parts.forEach(part -> part.learner().call(() -> clear(part.learner())));
        return norm;
    }

    private static boolean clear(Learner learner) {
        for (Lane lane : learner.lanes()) {
            List<PtNDArray> recorded = lane.recorded();
            List<PtNDArray> all = new ArrayList<>(recorded);
            all.addAll(lane.computed());
            if (!all.isEmpty()) {
                try (IValue list = list(all)) {
                    learner.kernels().callForValue("learn_clear", list).close();
                }
            }
            recorded.forEach(PtNDArray::close);
        }
        return true;
    }

    /** Adds up what lanes have, in a fixed order, in the first one's memory. */
    static Map<String, PtNDArray> sums(Learner learner) {
        Map<String, PtNDArray> sums = new LinkedHashMap<>();
        for (String name : learner.weights().learned().keySet()) {
            List<PtNDArray> parts = new ArrayList<>();
            for (Lane lane : learner.lanes()) {
                lane.recorded(name).ifPresent(parts::add);
                // The same memory under another handle, which is closed like the recorded ones.
                lane.computed(name).map(JniUtils::detachGradient).ifPresent(parts::add);
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

    private double norm(Learner learner, List<PtNDArray> gradients) {
        if (gradients.isEmpty()) {
            return 0;
        }
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue list = list(gradients)) {
            return learner.kernels().call(local, "learn_norm", list).toFloatArray()[0];
        }
    }

    private boolean apply(Part part, Map<String, PtNDArray> sums, double rate, double norm) {
        if (numbers.clip() > 0 && norm > numbers.clip()) {
            // As torch.nn.utils.clip_grad_norm_ has it.
            try (IValue list = list(List.copyOf(sums.values()));
                    IValue factor = IValue.from(numbers.clip() / (norm + 1e-6))) {
                part.learner()
                        .kernels()
                        .callForValue("learn_scale", list, factor)
                        .close();
            }
        }
        Change decayed = new Change();
        Change kept = new Change();
        for (Slot slot : part.slots()) {
            PtNDArray gradient = sums.get(slot.name());
            if (gradient != null) {
                Change change = decays(slot.name()) ? decayed : kept;
                change.weights().add(slot.value());
                change.gradients().add(gradient);
                change.means().add(slot.mean());
                change.squares().add(slot.square());
            }
        }
        change(part.learner(), decayed, rate, numbers.decay());
        change(part.learner(), kept, rate, 0);
        return true;
    }

    /** Biases and norms keep theirs, as transformers' trainer has it. */
    private static boolean decays(String name) {
        return !name.endsWith("bias") && !name.toLowerCase(Locale.ROOT).contains("norm");
    }

    private void change(Learner learner, Change change, double rate, double decay) {
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
            learner.kernels()
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
