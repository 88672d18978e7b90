package io.millrace.deploy.expand;

import io.millrace.deploy.local.ModelChoice;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.pruning.EnglishWords;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The terms with the largest logits at TILDE's first position that a text does not have (Zhuang and Zuccon, TILDEv2, 2021).
 * As in its code, the number of terms is that before stop words, symbols and the text's own terms are left out. Pieces of
 * words are left out too, because what is written is text, and a piece would be read as a word.
 */
final class TildeExpander implements TextExpander {
    private static final int MAX_TOKENS = 512;

    /** The first token of a passage in training, in place of {@code [CLS]}. */
    private static final String PASSAGE_TOKEN = "[unused0]";

    /** Lifts every logit above 0, so that ReLU keeps their order; logits of BERT lie within ±40. */
    private static final LogitAffine LIFTED = new LogitAffine(1, 64);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]+");

    private final SparseEncoder encoder;
    private final List<Integer> passageToken;

    private TildeExpander(SparseEncoder encoder, List<Integer> passageToken) {
        this.encoder = encoder;
        this.passageToken = passageToken;
    }

    /**
     * Loads a TILDE, a BERT with its MLM head. A contract in its folder is not used.
     *
     * @param terms looked at for each text, at least 1
     */
    static TildeExpander open(ModelChoice model, int terms) throws IOException {
        EncoderFiles files = EncoderFiles.read(model.folder(), true);
        int known = files.vocabulary().size();
        RoleContract role = new RoleContract(
                TextContract.cutAt(Math.min(MAX_TOKENS, files.transformer().maxPositions())),
                new ReadingContract(ReadingMode.ENCODER, Alignment.INVARIANT, Positions.FIRST, SpecialTokenPolicy.KEEP),
                new HeadContract.Mlm(Pooling.MAX, Saturation.NONE, LIFTED, known),
                PruningContract.top(terms));
        EncodingContract contract = new EncodingContract("tilde", role, role, new TreeMap<>());
        List<Integer> passageToken = IntStream.range(0, known)
                .filter(id -> files.vocabulary().term(id).equals(PASSAGE_TOKEN))
                .boxed()
                .toList();
        return new TildeExpander(
                SparseEncoders.open(Checkpoint.open(model.folder(), contract), model.options()), passageToken);
    }

    @Override
    public List<String> expansions(List<String> texts) {
        List<TokenizedText> read = encoder.tokenize(texts, TextRole.DOCUMENT).stream()
                .map(this::asPassage)
                .toList();
        List<SparseVector> vectors = encoder.encode(read, TextRole.DOCUMENT);
        List<String> expansions = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Set<Integer> own = read.get(i).pieces().stream()
                    .flatMapToInt(IntStream::of)
                    .boxed()
                    .collect(Collectors.toSet());
            expansions.add(words(vectors.get(i), own));
        }
        return expansions;
    }

    private TokenizedText asPassage(TokenizedText text) {
        int[] ids = text.pieces().getFirst().clone();
        passageToken.forEach(token -> ids[0] = token);
        return new TokenizedText(ids, text.truncatedTokens());
    }

    private String words(SparseVector vector, Set<Integer> own) {
        return IntStream.range(0, vector.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -vector.weights()[i])
                        .thenComparingInt(i -> i))
                .map(i -> vector.ids()[i])
                .filter(id -> !own.contains(id))
                .map(encoder::term)
                .filter(term -> WORD.matcher(term).matches())
                .filter(term -> !EnglishWords.withoutStopWords(term).isEmpty())
                .collect(Collectors.joining(" "));
    }

    @Override
    public void close() {
        encoder.close();
    }
}
