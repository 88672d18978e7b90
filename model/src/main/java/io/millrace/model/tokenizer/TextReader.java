package io.millrace.model.tokenizer;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.TextContract;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Turns the texts of one role into tokens under their contract. Safe for many threads.
 *
 * <p>Prefix, text and suffix are tokenised as one string, as published code does it: byte-level and Unigram tokenizers split
 * a text in another way when its prefix is tokenised alone. The template's tokens go around the result, and where all of it
 * fits, that is what is read.
 *
 * <p>Where it does not fit, the cut goes through the text: tokens that lie wholly in the prefix, and tokens that reach into
 * the suffix, stay; of the tokens between, as many as there is room for. With {@code max_chunks} above 1 the further ones go
 * into further pieces, each between the same prefix, suffix and template tokens, and each beginning {@code overlap_tokens}
 * before the end of the one before it; beyond the last piece the text is cut. Pieces are cut between tokens, so a piece may
 * begin inside a word, with the token that the word has there. A token that prefix and text share belongs to the text, and so
 * to one piece only.
 */
public final class TextReader {
    private static final int[] NOTHING = {};

    private final TextTokenizer tokenizer;
    private final TextContract contract;
    private final int[] opening;
    private final int[] closing;

    private TextReader(TextTokenizer tokenizer, TextContract contract) {
        this.tokenizer = tokenizer;
        this.contract = contract;
        this.opening = contract.template() ? tokenizer.opening() : NOTHING;
        this.closing = contract.template() ? tokenizer.closing() : NOTHING;
    }

    /**
     * Checks that a contract can be kept.
     *
     * @param vocabulary of the same tokenizer
     * @param place of the contract, for messages, such as {@code millrace.json: query.text}
     * @throws InvalidModelException if the tokenizer cannot represent prefix or suffix, or they leave no room for a text
     */
    public static TextReader of(TextTokenizer tokenizer, TextContract contract, Vocabulary vocabulary, String place) {
        TextReader reader = new TextReader(tokenizer, contract);
        int prefix = reader.checked(contract.prefix(), place + ".prefix", vocabulary);
        int suffix = reader.checked(contract.suffix(), place + ".suffix", vocabulary);
        int template = reader.opening.length + reader.closing.length;
        int room = contract.maxTokens() - template - prefix - suffix;
        if (room < 1) {
            throw new InvalidModelException(place + ".max_tokens is " + contract.maxTokens() + ", but the prefix takes "
                    + prefix + " tokens, the suffix " + suffix + " and the tokenizer's template " + template
                    + ", which leaves no room for a text; raise max_tokens, or shorten prefix and suffix");
        }
        if (contract.overlapTokens() >= room) {
            throw new InvalidModelException(place + ".overlap_tokens is " + contract.overlapTokens()
                    + ", but a piece has room for " + room
                    + " tokens of the text beside its prefix, suffix and template, "
                    + "so that no piece would get ahead; lower overlap_tokens, or raise max_tokens");
        }
        return reader;
    }

    /** Tokens of a prefix or suffix, which the tokenizer must know. */
    private int checked(String text, String place, Vocabulary vocabulary) {
        if (text.isEmpty()) {
            return 0;
        }
        int[] ids = tokenizer.ids(text);
        // Some tokenizers use a control token for what they do not know; spelled out, it is meant.
        boolean unknown = vocabulary.unknownId().stream()
                .filter(id -> !text.contains(vocabulary.term(id)))
                .anyMatch(id -> Arrays.stream(ids).anyMatch(other -> other == id));
        if (ids.length == 0 || unknown) {
            String seen = Arrays.stream(ids)
                    .mapToObj(id -> id < vocabulary.size() ? vocabulary.term(id) : "#" + id)
                    .collect(Collectors.joining(" "));
            throw new InvalidModelException(place + " is '" + text + "', but " + tokenizer.file()
                    + " has no tokens for it: it reads it as " + (seen.isEmpty() ? "nothing" : "'" + seen + "'")
                    + "; use the one that the model was trained with, or the tokenizer that goes with it");
        }
        return ids.length;
    }

    /** Tokenises texts, in order. */
    public List<TokenizedText> read(List<String> texts) {
        return texts.stream().map(this::read).toList();
    }

    /** Tokenises a text. */
    public TokenizedText read(String text) {
        int room = contract.maxTokens() - opening.length - closing.length;
        boolean framed = !contract.prefix().isEmpty() || !contract.suffix().isEmpty();
        TextTokenizer.Tokens whole =
                tokenizer.tokens(contract.prefix() + text + contract.suffix(), framed ? room : Integer.MAX_VALUE);
        int[] ids = whole.ids();
        if (ids.length <= room) {
            return new TokenizedText(piece(ids, Frame.NONE, 0, ids.length), 0);
        }
        Frame frame = framed ? frame(whole.ends(), text) : Frame.NONE;
        if (frame.tokens() >= room) {
            // The text made the tokenizer split prefix and suffix smaller than they are alone: they cannot be kept
            // whole.
            frame = Frame.NONE;
        }
        return inPieces(ids, frame, room - frame.tokens());
    }

    /**
     * What goes around the text in every piece.
     *
     * @param before tokens at the start that lie wholly in the prefix
     * @param after tokens at the end that reach into the suffix
     */
    private record Frame(int before, int after) {
        static final Frame NONE = new Frame(0, 0);

        int tokens() {
            return before + after;
        }
    }

    private Frame frame(int[] ends, String text) {
        int prefixEnd = codePoints(contract.prefix());
        int textEnd = prefixEnd + codePoints(text);
        int before = 0;
        while (prefixEnd > 0 && before < ends.length && ends[before] <= prefixEnd) {
            before++;
        }
        int after = 0;
        while (after < ends.length - before && ends[ends.length - 1 - after] > textEnd) {
            after++;
        }
        return new Frame(before, after);
    }

    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    private TokenizedText inPieces(int[] ids, Frame frame, int room) {
        int end = ids.length - frame.after();
        List<int[]> pieces = new ArrayList<>();
        int from = frame.before();
        int to = Math.min(end, from + room);
        pieces.add(piece(ids, frame, from, to));
        while (to < end && pieces.size() < contract.maxChunks()) {
            from = to - Math.min(contract.overlapTokens(), room - 1);
            to = Math.min(end, from + room);
            pieces.add(piece(ids, frame, from, to));
        }
        return new TokenizedText(pieces, end - to, NOTHING);
    }

    private int[] piece(int[] ids, Frame frame, int from, int to) {
        int[] piece = new int[opening.length + frame.tokens() + (to - from) + closing.length];
        int at = copy(opening, 0, opening.length, piece, 0);
        at = copy(ids, 0, frame.before(), piece, at);
        at = copy(ids, from, to, piece, at);
        at = copy(ids, ids.length - frame.after(), ids.length, piece, at);
        copy(closing, 0, closing.length, piece, at);
        return piece;
    }

    private static int copy(int[] source, int from, int to, int[] target, int at) {
        System.arraycopy(source, from, target, at, to - from);
        return at + to - from;
    }
}
