package io.millrace.model.generation;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmHeadWeights;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The stacks and the projection of a model that writes: what a text has the model read first, and which tokens may come next.
 * Safe for many threads.
 */
final class WritingModel implements AutoCloseable {
    private final Architecture architecture;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final KernelLibrary kernels;
    private final KernelBackbone backbone;
    private final IValue projection;
    private final IValue scale;

    /**
     * Reads the weights.
     *
     * @param architecture with a reading that writes, see {@link #reading}
     * @param placement where it computes
     * @param positions longest text, in tokens
     * @throws InvalidModelException if they are damaged, or kernels do not load here
     */
    WritingModel(
            Architecture architecture, Parameters parameters, Precision precision, Placement placement, int positions) {
        this.architecture = architecture;
        try {
            ReadingMode reading = reading(architecture).orElseThrow();
            BackboneSpec spec = architecture.backbone(reading);
            this.kernels = keep(KernelLibrary.load(placement)
                    .orElseThrow(() -> new InvalidModelException(
                            "writing text needs the kernels, which do not load here; see the log")));
            PackedParameters packed = keep(new PackedParameters(parameters, new LinearPacker(kernels), precision));
            this.backbone = keep(new KernelBackbone(kernels, spec, packed, positions));
            PtNDManager owner = keep(PyTorchRuntime.newManager());
            MlmHeadWeights head = MlmHeadWeights.read(
                    parameters,
                    architecture.projection(reading),
                    spec.reader().embedding().words(),
                    owner);
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                // fp32 whatever the precision: a rounded logit would change which token is drawn.
                PtNDArray[] slots = new LinearPacker(kernels)
                        .pack(head.projection().whole(local), head.bias(), Precision.FP32, owner);
                this.projection = keep(IValue.listFrom(slots));
            }
            this.scale = keep(IValue.from(head.scale()));
            parameters.refuseUnread(architecture.unused(reading));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /** How a family reads what it goes on with; empty for one that cannot write. */
    static Optional<ReadingMode> reading(Architecture architecture) {
        ReadingMode own = architecture.readings().getFirst();
        return own == ReadingMode.ENCODER_DECODER_MULTI || own == ReadingMode.CAUSAL
                ? Optional.of(own)
                : Optional.empty();
    }

    /** What the model reads before it writes: the texts, or, behind an encoder that does, the token that decoders begin with. */
    ModelInput prompts(List<int[]> texts) {
        InputLayout plain =
                new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        ModelInput whole = plain.of(texts);
        return architecture
                .decoderStart()
                .map(start -> new ModelInput(
                        InputLayout.written(
                                texts.stream().map(text -> new int[] {start}).toList()),
                        Optional.of(whole.reader())))
                .orElse(whole);
    }

    /** Whether an encoder reads texts, which are answered; without one they are gone on with. */
    boolean answers() {
        return architecture.decoderStart().isPresent();
    }

    /** Tokens that stand before the first that is written, for a text of so many. */
    int promptTokens(int text) {
        return answers() ? 1 : text;
    }

    KernelBackbone backbone() {
        return backbone;
    }

    /** Logits [B][V] of states [B, H]. */
    float[][] logits(PtNDArray states) {
        try (PtNDManager scope = PyTorchRuntime.newManager();
                IValue rows = IValue.from(states)) {
            PtNDArray logits = kernels.call(scope, "logits", rows, projection, scale);
            int width = (int) logits.getShape().get(1);
            float[] all = logits.toFloatArray();
            float[][] byText = new float[(int) logits.getShape().get(0)][];
            for (int b = 0; b < byText.length; b++) {
                byText[b] = Arrays.copyOfRange(all, b * width, (b + 1) * width);
            }
            return byText;
        }
    }

    /** Frees the weights. Idempotent. */
    @Override
    public void close() {
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("none of these throws a checked exception", e);
            }
        }
    }
}
