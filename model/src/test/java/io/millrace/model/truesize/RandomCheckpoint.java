package io.millrace.model.truesize;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.ModelListing;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.CheckpointShards;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Folders of random weights at a published size, with a tokenizer of one word a term and a contract. */
final class RandomCheckpoint {
    /** Small enough that every size has several shards. */
    private static final long SHARD_BYTES = 400L << 20;

    private RandomCheckpoint() {}

    /**
     * Writes a folder.
     *
     * @param model a name of {@link ModelListing#names}
     * @return number of terms
     */
    static int write(String model, TensorType type, Path directory) throws IOException {
        ModelListing listing = ModelListing.read(model);
        Map<String, List<Long>> shapes = new HashMap<>(listing.shapes());
        shapes.keySet().removeAll(listing.shared().keySet());
        Files.copy(ModelListing.config(model), directory.resolve("config.json"));
        Architecture architecture = Architectures.read(ModelListing.config(model));
        int terms = architecture.vocabularySize();
        Files.write(directory.resolve("tokenizer.json"), tokenizer(terms));
        ReadingMode reading = architecture.readings().getFirst();
        RoleContract role = new RoleContract(
                TextContract.cutAt(LoadedModel.TOKENS),
                ReadingContract.of(reading, SpecialTokenPolicy.KEEP),
                new HeadContract.Mlm(
                        Pooling.MAX,
                        Saturation.LOG1P,
                        sparse(architecture.backbone(reading).reader()),
                        terms),
                PruningContract.NONE);
        Files.writeString(
                directory.resolve("millrace.json"),
                new EncodingContract(model, role, role, new TreeMap<>()).toString());
        CheckpointShards.write(directory, new RandomTensors(shapes), type, SHARD_BYTES);
        return terms;
    }

    /**
     * Untrained logits are positive for half of all terms. Weights deviate by 0.02, and normed states have length √H; a
     * projection to W makes that 0.02 √H √W, and three of a logit's deviations less leave some hundred terms.
     */
    private static LogitAffine sparse(StackSpec stack) {
        double length = Math.sqrt(stack.shape().hidden());
        if (stack.projectOut().isPresent()) {
            length *= 0.02 * Math.sqrt(stack.outputWidth());
        }
        return new LogitAffine(1, -3 * 0.02 * length);
    }

    /** One word a term. */
    private static byte[] tokenizer(int terms) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode().put("version", "1.0");
        root.putArray("added_tokens");
        root.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        ObjectNode model = root.putObject("model").put("type", "WordLevel").put("unk_token", "w0");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int term = 0; term < terms; term++) {
            vocabulary.put("w" + term, term);
        }
        return new JsonMapper().writeValueAsBytes(root);
    }

    /** Removes the folder. */
    static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
