package io.millrace.evaluation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One query's documents, best first, in the order in which trec_eval judges them.
 *
 * <p>trec_eval ignores the order of its input: it sorts by score descending and, where scores tie, by document id
 * <em>descending</em> (as bytes). That differs from the order in which a search returns ties (id ascending), so that a
 * tie never flatters a system that happens to list its relevant documents first. Immutable.
 */
public final class Ranking {
    private static final Comparator<ScoredDocument> TREC_EVAL_ORDER = Comparator.comparing(
                    ScoredDocument::score, Comparator.reverseOrder())
            .thenComparing(ScoredDocument::id, (a, b) -> compareUtf8(b, a));

    private final List<ScoredDocument> documents;

    private Ranking(List<ScoredDocument> documents) {
        this.documents = documents;
    }

    /**
     * Ranks documents given in any order.
     *
     * @throws IllegalArgumentException if an id occurs twice
     */
    public static Ranking of(Collection<ScoredDocument> documents) {
        Set<String> ids = HashSet.newHashSet(documents.size());
        for (ScoredDocument document : documents) {
            requireNew(ids, document);
        }
        return new Ranking(documents.stream().sorted(TREC_EVAL_ORDER).toList());
    }

    /**
     * Documents that are ranked already: the order given is kept, so that ties stay as the search that found them broke them. For
     * rankings that are judged as a user would see them; what is compared with trec_eval's figures goes through {@link #of}.
     *
     * @throws IllegalArgumentException if an id occurs twice, or a score is above the one before it
     */
    public static Ranking inOrder(List<ScoredDocument> documents) {
        Set<String> ids = HashSet.newHashSet(documents.size());
        for (int i = 0; i < documents.size(); i++) {
            ScoredDocument document = documents.get(i);
            requireNew(ids, document);
            if (i > 0 && document.score() > documents.get(i - 1).score()) {
                throw new IllegalArgumentException("document '" + document.id() + "' at rank " + (i + 1)
                        + " has the score " + document.score() + ", above "
                        + documents.get(i - 1).score()
                        + " of the rank before; rank by score");
            }
        }
        return new Ranking(List.copyOf(documents));
    }

    private static void requireNew(Set<String> ids, ScoredDocument document) {
        if (!ids.add(document.id())) {
            throw new IllegalArgumentException("document '" + document.id()
                    + "' occurs twice in one ranking; a search returns each document once");
        }
    }

    /** Documents, best first; unmodifiable. */
    public List<ScoredDocument> documents() {
        return documents;
    }

    /**
     * This ranking without one document. BEIR leaves out the document whose id is the query's own, because some of its
     * collections use documents as queries.
     */
    public Ranking without(String id) {
        List<ScoredDocument> kept = new ArrayList<>(documents);
        return kept.removeIf(document -> document.id().equals(id)) ? new Ranking(List.copyOf(kept)) : this;
    }

    /** The best {@code k} documents, or all if there are fewer. */
    public Ranking top(int k) {
        return documents.size() <= k ? this : new Ranking(List.copyOf(documents.subList(0, k)));
    }

    /** Order of UTF-8 bytes, which is that of code points and not that of {@link String#compareTo}. */
    static int compareUtf8(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                // A surrogate stands for a code point above every other char.
                boolean xHigh = Character.isSurrogate(x);
                return xHigh == Character.isSurrogate(y) ? Character.compare(x, y) : xHigh ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
