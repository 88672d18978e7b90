package io.millrace.deploy.bench.search;

import io.millrace.index.search.ScoredDocument;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures engines beside one another on one shard: their rounds take turns, so that what else the machine does meets all of
 * them.
 *
 * @param k documents wanted
 * @param warmUp rounds before those that count, of latencies and of throughput
 * @param rounds that count
 * @param threads that search at once where throughput is measured
 */
record SearchMeasurement(int k, int warmUp, int rounds, int threads) {
    /**
     * What came out for one engine.
     *
     * @param engine its name
     * @param bestOfRoundsMicros of each query's shortest time
     * @param lastRoundMicros of all calls of the last round
     * @param allRoundsMeanMicros of all calls of all rounds
     * @param allocatedBytesPerQuery on the heap
     * @param garbageCollections during all rounds that count
     * @param threads that searched at once
     * @param queriesPerSecond all of them together
     * @param recall mean share of the exact best k that was found
     * @param largestScoreDifference between a returned score and the dot product of the vectors, as a share of the larger one
     */
    record Figures(
            String engine,
            LatencyFigures bestOfRoundsMicros,
            LatencyFigures lastRoundMicros,
            double allRoundsMeanMicros,
            long allocatedBytesPerQuery,
            long garbageCollections,
            int threads,
            double queriesPerSecond,
            double recall,
            double largestScoreDifference) {}

    /** Figures of each engine, in the order given. */
    List<Figures> run(List<Engine> engines, SparseMatrix documents, List<SparseVector> queries, GroundTruth truth)
            throws InterruptedException {
        List<TimedEngine> timed = engines.stream()
                .map(engine -> new TimedEngine(engine, queries.size()))
                .toList();
        for (int round = 0; round < warmUp + rounds; round++) {
            for (TimedEngine engine : timed) {
                engine.round(round >= warmUp);
            }
        }
        List<Figures> figures = new ArrayList<>();
        for (TimedEngine engine : timed) {
            List<List<ScoredDocument>> answers = engine.answers();
            figures.add(new Figures(
                    engine.name(),
                    engine.bestOfRounds(),
                    engine.lastRound(),
                    engine.allRoundsMean(),
                    engine.allocatedBytesPerQuery(),
                    engine.garbageCollections(),
                    threads,
                    engine.queriesPerSecond(threads, warmUp, rounds),
                    Rounded.to(6, recall(answers, truth)),
                    largestDifference(answers, documents, queries)));
        }
        return figures;
    }

    private double recall(List<List<ScoredDocument>> answers, GroundTruth truth) {
        double sum = 0;
        for (int query = 0; query < answers.size(); query++) {
            List<Integer> rows =
                    answers.get(query).stream().map(BuildMeasurement::row).toList();
            sum += truth.recall(query, rows, k);
        }
        return sum / answers.size();
    }

    private static double largestDifference(
            List<List<ScoredDocument>> answers, SparseMatrix documents, List<SparseVector> queries) {
        double largest = 0;
        for (int query = 0; query < answers.size(); query++) {
            for (ScoredDocument hit : answers.get(query)) {
                double exact = queries.get(query).dot(documents.row(BuildMeasurement.row(hit)));
                largest = Math.max(largest, Math.abs(hit.score() - exact) / Math.max(hit.score(), exact));
            }
        }
        return largest;
    }
}
