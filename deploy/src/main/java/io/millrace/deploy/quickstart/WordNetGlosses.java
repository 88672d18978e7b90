package io.millrace.deploy.quickstart;

import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;
import net.sf.extjwnl.JWNLException;
import net.sf.extjwnl.data.POS;
import net.sf.extjwnl.data.Synset;
import net.sf.extjwnl.data.Word;
import net.sf.extjwnl.dictionary.Dictionary;
import org.jspecify.annotations.Nullable;

/**
 * WordNet 3.1's definitions as documents of a reverse dictionary: describe a thing, get the word.
 *
 * <p>The text is the gloss. The words it defines are the title, which must not be encoded: the collection encodes the
 * text alone, or a search for a definition would find the word itself. The id is the letter of the part of speech and
 * the offset in WordNet's file, such as {@code n00001740}.
 *
 * <p>A smaller selection is spread evenly over nouns, verbs, adjectives and adverbs, and is the same each time.
 */
public final class WordNetGlosses implements Iterator<Document> {
    /** Definitions in WordNet 3.1. */
    public static final int TOTAL = 117_791;

    private static final List<POS> PARTS_OF_SPEECH = List.of(POS.NOUN, POS.VERB, POS.ADJECTIVE, POS.ADVERB);

    private final Dictionary dictionary;
    private final Iterator<POS> parts = PARTS_OF_SPEECH.iterator();
    private final int wanted;
    private Iterator<Synset> synsets = List.<Synset>of().iterator();
    private long position;
    private @Nullable Document next;

    private WordNetGlosses(Dictionary dictionary, int wanted) {
        this.dictionary = dictionary;
        this.wanted = wanted;
    }

    /**
     * Opens the dictionary, which is on the class path.
     *
     * @param count definitions wanted, 1 to {@link #TOTAL}
     */
    public static WordNetGlosses open(int count) {
        if (count < 1 || count > TOTAL) {
            throw new IllegalArgumentException(
                    "--docs is " + count + "; WordNet has " + TOTAL + " definitions, so give 1 to " + TOTAL);
        }
        try {
            return new WordNetGlosses(Dictionary.getDefaultResourceInstance(), count);
        } catch (JWNLException e) {
            throw new IllegalStateException("WordNet, which comes with Millrace, cannot be read", e);
        }
    }

    @Override
    public boolean hasNext() {
        while (next == null) {
            while (!synsets.hasNext()) {
                if (!parts.hasNext()) {
                    return false;
                }
                try {
                    synsets = dictionary.getSynsetIterator(parts.next());
                } catch (JWNLException e) {
                    throw new IllegalStateException("WordNet, which comes with Millrace, cannot be read", e);
                }
            }
            Synset synset = synsets.next();
            // Every TOTAL / wanted-th one: chosen when the running share of the selection reaches a whole number.
            boolean chosen = (position + 1) * wanted / TOTAL > position * wanted / TOTAL;
            position++;
            if (chosen) {
                next = document(synset);
            }
        }
        return true;
    }

    @Override
    public Document next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        Document document = next;
        next = null;
        return document;
    }

    private static Document document(Synset synset) {
        POS part = synset.getPOS();
        String name = synset.getWords().stream().map(Word::getLemma).collect(Collectors.joining(", "));
        return Document.newBuilder()
                .setId(String.format(Locale.ROOT, "%s%08d", part.getKey(), synset.getOffset()))
                .setSource(DocumentSource.newBuilder()
                        .setText(synset.getGloss())
                        .setTitle(name)
                        .putMetadata("pos", part.getLabel()))
                .build();
    }
}
