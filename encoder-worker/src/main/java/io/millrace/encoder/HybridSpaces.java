package io.millrace.encoder;

import io.grpc.Status;
import io.millrace.encoder.batch.Failure;
import io.millrace.model.SparseEncoder;
import io.millrace.model.hybrid.HybridSpace;
import io.millrace.model.lexical.Bm25;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.HybridSettings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The hybrid spaces of the models that are served: any settings make one, and collections of different ones share the worker.
 * Safe for any thread.
 */
final class HybridSpaces {
    /** Spaces remembered; a space is small, and a coordinator names few. */
    private static final int REMEMBERED = 256;

    private final Map<Key, HybridSpace> known = new ConcurrentHashMap<>();

    private record Key(String modelSpace, HybridSettings settings) {}

    /** A space that cannot be served, and why. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Failure failure;

        Refused(Status.Code code, String message, String field) {
            super(message);
            this.failure = new Failure(code, message, field);
        }

        Failure failure() {
            return failure;
        }
    }

    /** The space of a model under some settings. */
    HybridSpace of(SparseEncoder encoder, HybridSettings settings) throws Refused {
        Key key = new Key(encoder.spaceId(), settings);
        HybridSpace space = known.get(key);
        if (space != null) {
            return space;
        }
        space = make(
                encoder, settings.getK1(), settings.getB(), settings.getAverageLength(), settings.getMixingWeight());
        HybridSettings own = wire(space);
        if (!own.equals(settings)) {
            throw new Refused(
                    Status.Code.FAILED_PRECONDITION,
                    "hybrid: is for " + parts(settings) + ", but this worker has " + parts(own)
                            + "; use the program version that made the collection, or index into a new one",
                    "hybrid");
        }
        if (known.size() >= REMEMBERED) {
            known.clear();
        }
        known.put(key, space);
        return space;
    }

    /**
     * The space of a model that somebody chooses.
     *
     * @param sample texts whose length is measured if none is chosen
     */
    static HybridSpace choose(SparseEncoder encoder, HybridChoice choice, List<String> sample) throws Refused {
        io.millrace.model.hybrid.HybridSettings usual = io.millrace.model.hybrid.HybridSettings.DEFAULT;
        return make(
                encoder,
                choice.hasK1() ? choice.getK1() : usual.bm25().k1(),
                choice.hasB() ? choice.getB() : usual.bm25().b(),
                choice.hasAverageLength()
                        ? choice.getAverageLength()
                        : io.millrace.model.hybrid.HybridSettings.averageLength(sample),
                choice.hasMixingWeight() ? choice.getMixingWeight() : usual.mixingWeight());
    }

    private static HybridSpace make(
            SparseEncoder encoder, double k1, double b, double averageLength, double mixingWeight) throws Refused {
        if (!HybridSpace.fits(encoder)) {
            throw new Refused(
                    Status.Code.FAILED_PRECONDITION,
                    "hybrid: " + encoder.name()
                            + " has no hybrid spaces, because its terms are words already; leave it out",
                    "hybrid");
        }
        try {
            return HybridSpace.of(
                    encoder, new io.millrace.model.hybrid.HybridSettings(new Bm25(k1, b), averageLength, mixingWeight));
        } catch (IllegalArgumentException e) {
            throw new Refused(Status.Code.INVALID_ARGUMENT, "hybrid: " + e.getMessage(), "hybrid");
        }
    }

    /** All that makes a space, as collections keep it. */
    static HybridSettings wire(HybridSpace space) {
        return HybridSettings.newBuilder()
                .setAnalyzer(space.analyzer())
                .setIdRule(space.idRule())
                .setFirstId(space.firstId())
                .setK1(space.settings().bm25().k1())
                .setB(space.settings().bm25().b())
                .setAverageLength(space.settings().averageLength())
                .setMixingWeight(space.settings().mixingWeight())
                .build();
    }

    private static String shortened(String name) {
        return name.length() <= 64 ? name : name.substring(0, 64) + "…";
    }

    private static String parts(HybridSettings settings) {
        return "analyzer '" + shortened(settings.getAnalyzer()) + "', id rule '" + shortened(settings.getIdRule())
                + "' and first id "
                + Integer.toUnsignedString(settings.getFirstId());
    }
}
