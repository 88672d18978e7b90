package io.millrace.trainer.golden;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Prints, as Markdown, how far each loss and penalty is from its oracle over all recorded batches. */
final class ParityTable {
    private ParityTable() {}

    private record Worst(String oracle, int cases, Parity parity) {
        Worst and(Worst other) {
            return new Worst(
                    oracle.contains(other.oracle) ? oracle : oracle + " and " + other.oracle,
                    cases + other.cases,
                    new Parity(
                            Math.max(parity.value(), other.parity.value()),
                            Math.max(parity.gradient(), other.parity.gradient())));
        }
    }

    public static void main(String[] args) throws IOException {
        Map<String, Worst> worst = new TreeMap<>();
        for (GoldenBatch batch : GoldenBatch.all()) {
            for (GoldenCase recorded : batch.cases()) {
                Worst one = new Worst(recorded.oracle(), 1, Parity.of(batch, recorded));
                // Temperatures, and whether ids are known, are parameters of one loss.
                worst.merge(recorded.name().split(",", 2)[0], one, Worst::and);
            }
        }
        System.out.println("| loss, penalty or objective | oracle | cases | value | gradient |");
        System.out.println("|---|---|---|---|---|");
        worst.forEach((name, w) -> System.out.printf(
                Locale.ROOT,
                "| %s | %s | %d | %.1e | %.1e |%n",
                name,
                w.oracle,
                w.cases,
                w.parity.value(),
                w.parity.gradient()));
    }
}
