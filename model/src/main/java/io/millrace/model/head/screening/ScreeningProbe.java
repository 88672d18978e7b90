package io.millrace.model.head.screening;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out what this CPU makes of 8-bit products. */
public final class ScreeningProbe {
    private static final int ROWS = 128;
    private static final int TERMS = 2_048;
    /**
     * Runs of each kind, in turn, of which the fastest counts. Processes often start side by side: with 5 runs, one kind
     * after the other, two workers on two busy cores got it wrong, and encoded at half the speed from then on.
     */
    private static final int RUNS = 40;

    private static final int LEAST_RUNS = 5;
    private static final long MOST_NANOS = 100_000_000;

    /** Bounds and survivors take about a sixth of the time that fp32 products do. */
    private static final double WORTH_IT = 1 / 1.3;

    private static final Logger log = LoggerFactory.getLogger(ScreeningProbe.class);

    private ScreeningProbe() {}

    /**
     * Whether sums of products of bytes are exact, which every bound rests on. CPUs with AVX2 but without instructions for
     * dot products of bytes add pairs of products in 16 bits, where they saturate.
     */
    public static boolean exact(KernelLibrary kernels) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            boolean exact = kernels.call(local, "bytes_lost").toFloatArray()[0] == 0;
            if (!exact) {
                log.info("this CPU does not add up products of bytes exactly, so terms are not screened");
            }
            return exact;
        }
    }

    /**
     * Time of 8-bit products with their bounds as a share of that of fp32 products, if screening pays here: on a CPU without
     * instructions for them libtorch falls back to loops that are far slower than fp32. Takes some 0.1 s.
     *
     * @param width columns of states, H
     */
    public static OptionalDouble share(KernelLibrary kernels, int width) {
        if (!exact(kernels)) {
            return OptionalDouble.empty();
        }
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            NDManager arrays = local;
            PtNDArray states = (PtNDArray) arrays.randomNormal(new Shape(ROWS, width));
            PtNDArray terms = (PtNDArray) arrays.randomNormal(new Shape(TERMS, width));
            PtNDArray bias = (PtNDArray) arrays.zeros(new Shape(TERMS)).sub(width);
            long full = Long.MAX_VALUE;
            long screened = Long.MAX_VALUE;
            try (IValue rows = IValue.from(states);
                    IValue weights = IValue.from(terms);
                    IValue shifts = IValue.from(bias);
                    IValue noBasis = IValue.listFrom(new PtNDArray[0]);
                    IValue noAxes = IValue.from(0L);
                    IValue certain = IValue.from(0.0);
                    IValue tile = IValue.from((long) TERMS);
                    IValue screen =
                            kernels.callForValue("screen", weights, shifts, rows, noBasis, noAxes, tile, certain);
                    IValue packed = IValue.listFrom(kernels.pack(terms, local));
                    IValue cells = IValue.from((PtNDArray) arrays.arange(0, ROWS, 1, DataType.INT32));
                    IValue texts = IValue.from(1L);
                    IValue onednn = IValue.from(true)) {
                long begin = System.nanoTime();
                for (int i = 0; i < RUNS && (i < LEAST_RUNS || System.nanoTime() - begin < MOST_NANOS); i++) {
                    full = Math.min(full, time(kernels, "maxima", rows, texts, packed, onednn));
                    screened = Math.min(screened, time(kernels, "may_live", rows, cells, texts, screen));
                }
            }
            double share = (double) screened / full;
            log.info(
                    "{} terms take {} µs in fp32 and {} µs in int8: {}",
                    TERMS,
                    full / 1000,
                    screened / 1000,
                    share <= WORTH_IT ? "screening" : "no screening");
            return share <= WORTH_IT ? OptionalDouble.of(share) : OptionalDouble.empty();
        }
    }

    private static long time(KernelLibrary kernels, String kernel, IValue... arguments) {
        long start = System.nanoTime();
        kernels.callForValue(kernel, arguments).close();
        return System.nanoTime() - start;
    }
}
