package io.millrace.index.fsck;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong: keeps the first {@value #KEPT} findings and counts all. For one thread. */
final class Findings {
    /** Findings kept. */
    static final int KEPT = 100;

    private final List<String> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long damages;

    void add(String finding) {
        damages++;
        if (findings.size() < KEPT) {
            findings.add(finding);
        }
    }

    /** Something worth knowing that is no damage. */
    void note(String note) {
        if (notes.size() < KEPT) {
            notes.add(note);
        }
    }

    long damages() {
        return damages;
    }

    FsckReport report(FsckTotals totals, double seconds) {
        return new FsckReport(findings, damages, notes, totals, seconds);
    }
}
