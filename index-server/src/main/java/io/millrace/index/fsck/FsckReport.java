package io.millrace.index.fsck;

import java.util.List;

/**
 * What a check found.
 *
 * @param findings the first {@value Findings#KEPT} pieces of damage, each a sentence
 * @param damages how many there are in all
 * @param notes what is not damage but worth knowing: leftovers that do no harm, checks that could not be made
 * @param totals what was checked
 * @param seconds how long it took
 */
public record FsckReport(List<String> findings, long damages, List<String> notes, FsckTotals totals, double seconds) {
    /** Copies the lists. */
    public FsckReport {
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
    }

    /** Whether no damage was found. */
    public boolean isClean() {
        return damages == 0;
    }
}
