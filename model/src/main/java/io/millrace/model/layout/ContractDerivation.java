package io.millrace.model.layout;

import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The contract of a directory that has none written down. In this order: what sentence-transformers saved
 * ({@code modules.json}), OpenSearch's table for queries ({@code idf.json}), and what the published code of the family
 * does.
 */
public final class ContractDerivation {
    /** Weights of query terms, by term, as OpenSearch publishes them. */
    static final String IDF = "idf.json";

    /** What OpenSearch's encoders read of a text. */
    private static final int OPENSEARCH_TOKENS = 512;

    private ContractDerivation() {}

    /**
     * Derives a contract.
     *
     * @throws io.millrace.model.InvalidModelException if a file is missing, damaged, or names something not supported
     * @throws IOException if a file cannot be read
     */
    public static DerivedContract of(Path directory) throws IOException {
        Path name = directory.toAbsolutePath().normalize().getFileName();
        DerivedRoles roles = roles(directory);
        EncodingContract contract = new EncodingContract(
                name == null ? "model" : name.toString(), roles.query(), roles.document(), new TreeMap<>());
        return new DerivedContract(contract, roles.reasons());
    }

    private static DerivedRoles roles(Path directory) throws IOException {
        if (Files.exists(directory.resolve(ModuleChain.MODULES))) {
            return SentenceTransformersLayout.of(directory);
        }
        EncoderFiles files = EncoderFiles.read(directory, true);
        DerivedRoles family = FamilyDefaults.of(files);
        return Files.exists(directory.resolve(IDF)) ? openSearch(files, family) : family;
    }

    private static DerivedRoles openSearch(EncoderFiles files, DerivedRoles family) {
        int tokens = Math.min(OPENSEARCH_TOKENS, files.transformer().maxPositions());
        List<String> reasons = new ArrayList<>(family.reasons());
        reasons.add("But " + IDF + " is OpenSearch's table of query weights: each token that occurs in a query has its "
                + "weight once, control tokens none, and no model runs; both roles read " + tokens + " tokens.");
        RoleContract query = new RoleContract(
                TextContract.cutAt(tokens),
                ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.MASK),
                new HeadContract.Table(IDF, files.vocabulary().size()),
                PruningContract.NONE);
        return new DerivedRoles(query, family.document().withMaxTokens(tokens), reasons);
    }
}
