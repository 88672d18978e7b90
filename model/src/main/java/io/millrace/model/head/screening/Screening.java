package io.millrace.model.head.screening;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.screening.ScreeningReport.Phase;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one projection's terms are screened with: 8-bit weights and bounds, made for the states that were seen. Vectors do
 * not depend on it, because what may have a weight is computed in any case. Safe for many threads.
 */
public final class Screening implements AutoCloseable {
    /**
     * Terms of one product: its bytes should stay in cache until they are reduced, and each product costs 40 µs before it
     * begins. 256 rows of 128 columns took 6.6, 5.9, 5.8, 5.6, 5.6 and 7.1 ms with 1, 2, 3, 5, 7.5 and 15 thousand terms on
     * a Zen core with AVX-512 and 1 MiB of second-level cache.
     */
    private static final long TILE = 5_120;

    private static final long MOST_MULTIPLICATIONS = 60_000_000_000L;

    private static final Logger log = LoggerFactory.getLogger(Screening.class);

    private final KernelLibrary kernels;
    private final PtNDArray projection;
    private final PtNDArray bias;
    private final ScreeningLimits limits;
    private final ScreeningPolicy policy;
    private final AtomicLong texts = new AtomicLong();
    private final AtomicLong screened = new AtomicLong();
    private final AtomicLong textsLeft = new AtomicLong();
    private final AtomicLong survivors = new AtomicLong();
    /** Held for reading by calls that use the screen. */
    private final ReadWriteLock replacing = new ReentrantReadWriteLock();

    private Optional<Screen> screen = Optional.empty();
    /** States put aside to learn from; guarded by itself. */
    private final NDList sample = new NDList();

    private record Screen(IValue tensors, int axes) {}

    /**
     * Over arrays that the caller keeps and frees.
     *
     * @param projection [V, H]
     * @param bias [V]; a term has a weight where its product and this come to more than 0
     */
    public Screening(KernelLibrary kernels, PtNDArray projection, PtNDArray bias, ScreeningLimits limits) {
        this.kernels = kernels;
        this.projection = projection;
        this.bias = bias;
        this.limits = limits;
        this.policy = new ScreeningPolicy(limits);
    }

    /** Whether learning, which multiplies the projection by a matrix [H, H] twice, takes seconds and no more. */
    public static boolean affordable(long outputs, long width) {
        return outputs * width * width <= MOST_MULTIPLICATIONS;
    }

    /** Most terms that a text may keep. */
    public long limit() {
        return limits.mostSurvivors();
    }

    /**
     * What is to happen to a batch.
     *
     * @param size texts of it
     */
    public Phase next(int size) {
        texts.addAndGet(size);
        return policy.next();
    }

    /**
     * Calls with the screen, if there is one.
     *
     * @param call given the screen, which it may not keep
     */
    public <T> Optional<T> with(Function<IValue, T> call) {
        Lock lock = replacing.readLock();
        lock.lock();
        try {
            return screen.map(current -> call.apply(current.tensors()));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes note of a screened batch.
     *
     * @param kept terms that each text kept, -1 for a text that was left
     */
    public void observe(int[] kept) {
        screened.addAndGet(kept.length);
        int left = (int) IntStream.of(kept).filter(terms -> terms < 0).count();
        textsLeft.addAndGet(left);
        survivors.addAndGet(IntStream.of(kept).filter(terms -> terms > 0).sum());
        int all = ScreeningLimits.survivorsWorthAll(projection.getShape().get(0));
        policy.observe(IntStream.of(kept).map(terms -> terms < 0 ? all : terms).toArray(), left);
    }

    /**
     * Puts states aside, and learns from them once they are enough: some 0.1 s with 128 columns and 30,522 terms, 2 s with
     * 768 columns.
     *
     * @param states [N, H]; taken over
     */
    public void learnFrom(PtNDArray states) {
        int stride = policy.stride();
        PtNDArray some = states;
        if (stride > 1) {
            try (NDArray chosen = states.get("::" + stride)) {
                some = (PtNDArray) chosen.duplicate();
            }
            states.close();
        }
        int rows = (int) some.getShape().get(0);
        synchronized (sample) {
            some.detach();
            sample.add(some);
        }
        if (policy.learned(rows)) {
            learn();
        }
    }

    private void learn() {
        long start = System.nanoTime();
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue rows = IValue.from(together(local));
                IValue weights = IValue.from(projection);
                IValue shifts = IValue.from(bias);
                IValue deviations = IValue.from(limits.deviations());
                IValue tile = IValue.from(TILE)) {
            long axes = 0;
            NDArray seen = rows.toTensor(local);
            boolean telling = ScreeningLimits.tellAxes(
                    seen.getShape().get(0), seen.getShape().get(1));
            try (IValue basis = telling
                    ? kernels.callForValue("balanced_basis", weights, rows)
                    : IValue.listFrom(new PtNDArray[0])) {
                if (telling) {
                    try (IValue worth = kernels.callForValue("axes_worth", weights, shifts, rows, basis, deviations)) {
                        axes = worth.toLong();
                    }
                }
                try (IValue count = IValue.from(axes)) {
                    replace(Optional.of(new Screen(
                            kernels.callForValue("screen", weights, shifts, rows, basis, count, tile, deviations),
                            Math.toIntExact(axes))));
                }
            }
            log.info(
                    "screening {} terms on {} of {} axes, learned from {} rows in {} ms",
                    projection.getShape().get(0),
                    axes == 0 ? "all" : axes,
                    seen.getShape().get(1),
                    seen.getShape().get(0),
                    (System.nanoTime() - start) / 1_000_000);
        }
        policy.ready();
    }

    /** The sample as one array; it is given up. */
    private PtNDArray together(PtNDManager local) {
        synchronized (sample) {
            sample.attach(local);
            PtNDArray rows = (PtNDArray) NDArrays.concat(new NDList(sample));
            sample.clear();
            return rows;
        }
    }

    private void replace(Optional<Screen> other) {
        replacing.writeLock().lock();
        try {
            screen.ifPresent(current -> current.tensors().close());
            screen = other;
        } finally {
            replacing.writeLock().unlock();
        }
    }

    /** What was done so far. */
    public ScreeningReport report() {
        Lock lock = replacing.readLock();
        lock.lock();
        try {
            return new ScreeningReport(
                    policy.phase(),
                    screen.map(Screen::axes).orElse(0),
                    texts.get(),
                    screened.get(),
                    textsLeft.get(),
                    survivors.get());
        } finally {
            lock.unlock();
        }
    }

    /** Frees what was learned. Idempotent. */
    @Override
    public void close() {
        replace(Optional.empty());
        synchronized (sample) {
            sample.close();
            sample.clear();
        }
    }
}
