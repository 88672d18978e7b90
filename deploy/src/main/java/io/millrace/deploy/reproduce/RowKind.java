package io.millrace.deploy.reproduce;

import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What gives a row its figures. */
sealed interface RowKind {
    /** What the row's weights must be, in words. */
    String needs();

    /** BM25, which is made from the collection and needs no weights. */
    record Bm25() implements RowKind {
        @Override
        public String needs() {
            return "nothing: made from the collection, k1 0.9, b 0.4, English stems";
        }
    }

    /**
     * An encoder whose vectors are indexed and searched.
     *
     * @param reading how both roles must read texts
     * @param query head of queries
     * @param document head of documents
     * @param zeroShot whether a prompt stands before the text and only the text's own terms are kept
     */
    record Encoder(
            ReadingMode reading,
            Class<? extends HeadContract> query,
            Class<? extends HeadContract> document,
            boolean zeroShot)
            implements RowKind {
        @Override
        public String needs() {
            return "an encoder: " + spelled(reading) + ", head of queries " + spelled(query) + ", of documents "
                    + spelled(document) + (zeroShot ? ", a prompt as prefix, only terms of the text kept" : "");
        }

        /** What of a contract is another than the row's; empty if it is the row's. */
        List<String> differences(EncodingContract contract) {
            List<String> differences = new ArrayList<>();
            compare(differences, "queries", contract.query(), query);
            compare(differences, "documents", contract.document(), document);
            return differences;
        }

        private void compare(
                List<String> differences, String role, RoleContract found, Class<? extends HeadContract> head) {
            if (!head.isInstance(found.head())) {
                differences.add("the head of " + role + " is " + found.head().kind() + ", not " + spelled(head));
            }
            if (found.head().needsModel() && found.reading().mode() != reading) {
                differences.add(
                        role + " are read as " + spelled(found.reading().mode()) + ", not as " + spelled(reading));
            }
            if (zeroShot && found.text().prefix().isBlank()) {
                differences.add(role + " have no prompt");
            }
            if (zeroShot != found.pruning().inputTermsOnly()) {
                differences.add(
                        role + (zeroShot ? " keep terms that are not in the text" : " keep only terms of the text"));
            }
        }

        private static String spelled(Class<? extends HeadContract> head) {
            return head.getSimpleName().toLowerCase(Locale.ROOT);
        }

        private static String spelled(ReadingMode mode) {
            return mode.name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * EPIC, which ranks what BM25 finds anew, by its vectors.
     *
     * @param depth documents of BM25 that are ranked anew
     */
    record Epic(int depth) implements RowKind {
        @Override
        public String needs() {
            return "an encoder with the heads mlp and epic; ranks BM25's first " + depth + " anew";
        }

        /** What of a contract is another than EPIC's. */
        List<String> differences(EncodingContract contract) {
            return contract.document().head() instanceof HeadContract.Epic
                    ? List.of()
                    : List.of("the head of documents is "
                            + contract.document().head().kind() + ", not epic");
        }
    }

    /** A scorer of pairs, which ranks what BM25 finds anew. An adapter in its sub-directory {@code adapter} is merged. */
    record Teacher() implements RowKind {
        /** Name of the sub-directory of an adapter. */
        static final String ADAPTER = "adapter";

        @Override
        public String needs() {
            return "a scorer of pairs (BERT cross-encoder, or RankLLaMA with its adapter in " + ADAPTER
                    + "/); ranks BM25's first documents anew";
        }
    }

    /** All differences as one sentence. */
    static String sentence(List<String> differences) {
        return differences.stream().collect(Collectors.joining("; "));
    }
}
