package io.millrace.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    private static final Path BERT = Path.of("src/test/resources/golden/bert");

    @TempDir
    private Path folder;

    /** The tiny random BERT with a vocabulary of as many words as it has rows. */
    private Path tiny(int terms) throws IOException {
        Path directory = Files.createDirectories(folder.resolve("tiny"));
        for (String file : List.of(Checkpoint.CONFIG, WeightFiles.SINGLE)) {
            Files.write(directory.resolve(file), Files.readAllBytes(BERT.resolve(file)));
        }
        StringBuilder vocabulary = new StringBuilder("\"[UNK]\":0");
        for (int id = 1; id < terms; id++) {
            vocabulary.append(",\"t").append(id).append("\":").append(id);
        }
        Files.writeString(
                directory.resolve(Checkpoint.TOKENIZER),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
                        + "\"post_processor\":null,\"decoder\":null,\"truncation\":null,\"padding\":null,"
                        + "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":{" + vocabulary + "}}}");
        return directory;
    }

    private static void refused(Path directory, String... parts) {
        assertThatThrownBy(() -> Checkpoint.open(directory))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(parts);
    }

    private static void replace(Path file, String old, String other) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(old);
        Files.writeString(file, text.replace(old, other));
    }

    @Test
    void derivesAContractForBert() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(tiny(90));
        EncodingContract contract = checkpoint.contract();
        assertThat(contract.name()).isEqualTo("tiny");
        // The model has 64 positions, and 7 rows beyond the tokenizer's ids.
        assertThat(contract.query())
                .isEqualTo(new RoleContract(
                        TextContract.cutAt(64),
                        ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP),
                        new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, 90),
                        PruningContract.NONE));
        assertThat(contract.document()).isEqualTo(contract.query());
        assertThat(contract.digests().keySet())
                .containsExactly(Checkpoint.CONFIG, WeightFiles.SINGLE, Checkpoint.TOKENIZER);
    }

    @Test
    void aSavedCopyHoldsTheSameWeights() throws IOException {
        Checkpoint source = Checkpoint.open(tiny(97));
        Checkpoint copy = CheckpointWriter.copy(source, folder.resolve("copy"), TensorType.F32, "copy");
        assertThat(copy.contract().name()).isEqualTo("copy");
        assertThat(copy.contract().query()).isEqualTo(source.contract().query());
        assertThat(Files.readString(copy.directory().resolve(Checkpoint.CONTRACT)))
                .isEqualTo(copy.contract().toString());
        try (WeightFiles before = WeightFiles.open(source.directory());
                WeightFiles after = WeightFiles.open(copy.directory())) {
            assertThat(after.tensors()).containsExactlyInAnyOrderElementsOf(before.tensors());
            for (String tensor : before.tensors()) {
                FloatBuffer expected = before.tensor(tensor).values();
                assertThat(after.tensor(tensor).values()).as(tensor).isEqualTo(expected);
            }
        }
        assertThatThrownBy(() -> CheckpointWriter.copy(source, copy.directory(), TensorType.F32, "again"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("holds a checkpoint already");
    }

    @Test
    void refusesAFileThatTheContractWasNotWrittenFor() throws IOException {
        Checkpoint source = Checkpoint.open(tiny(97));
        for (String file : List.of(Checkpoint.CONFIG, Checkpoint.TOKENIZER)) {
            Path copy = CheckpointWriter.copy(source, folder.resolve(file), TensorType.F16, "copy")
                    .directory();
            Files.writeString(copy.resolve(file), Files.readString(copy.resolve(file)) + " ");
            refused(copy, "was written for a " + file, "restore the file");
        }
        Path copy = CheckpointWriter.copy(source, folder.resolve("weights"), TensorType.F16, "copy")
                .directory();
        byte[] weights = Files.readAllBytes(copy.resolve(WeightFiles.SINGLE));
        weights[weights.length - 1] ^= 1;
        Files.write(copy.resolve(WeightFiles.SINGLE), weights);
        refused(copy, "was written for a model.safetensors with SHA-256");
    }

    private Checkpoint encoder(String fixture, String word) throws IOException {
        Path source = TinyCheckpoints.weights(fixture, folder.resolve("source-" + word + fixture.replace('/', '-')));
        List<String> controls = List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]");
        TinyCheckpoints.tokenizer(source, controls, "[CLS]", "[SEP]", List.of("mill", word), 97);
        return Checkpoint.open(source);
    }

    @Test
    void aPairKeepsEachRolesEncoderInItsOwnDirectory() throws IOException {
        Checkpoint query = encoder("golden-more/distilbert", "stone");
        Checkpoint document = encoder("golden/bert", "stone");
        Checkpoint pair = CheckpointWriter.pair(query, document, folder.resolve("pair"), TensorType.F32, "pair");
        assertThat(pair.contract().query().checkpoint()).isEqualTo("query_0_MLMTransformer");
        assertThat(pair.contract().document().checkpoint()).isEqualTo("document_0_MLMTransformer");
        assertThat(pair.contract().query().text())
                .isEqualTo(query.contract().query().text());
        assertThat(pair.encoder(TextRole.QUERY).transformer().modelType()).isEqualTo("distilbert");
        assertThat(pair.encoder(TextRole.DOCUMENT).transformer().modelType()).isEqualTo("bert");
        assertThat(pair.contract().digests().keySet())
                .contains("query_0_MLMTransformer/model.safetensors", "document_0_MLMTransformer/tokenizer.json");
        Checkpoint other = CheckpointWriter.pair(document, query, folder.resolve("other"), TensorType.F32, "pair");
        assertThat(other.spaceId()).isNotEqualTo(pair.spaceId());
        Path weights = pair.directory().resolve("query_0_MLMTransformer").resolve(WeightFiles.SINGLE);
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        refused(pair.directory(), "was written for a query_0_MLMTransformer/model.safetensors with SHA-256");
        assertThatThrownBy(() -> pair.withAdapters(List.of(folder)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has 2 transformers, but adapters are for one");
    }

    @Test
    void refusesAPairThatCallsATermByTwoNames() throws IOException {
        Checkpoint query = encoder("golden-more/distilbert", "stone");
        Checkpoint document = encoder("golden/bert", "rock");
        assertThatThrownBy(() -> CheckpointWriter.pair(query, document, folder.resolve("pair"), TensorType.F32, "pair"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "tokenizer.json calls term 5 'stone', but", "calls it 'rock'", "one vocabulary");
    }

    @Test
    void refusesATokenizerWithMoreIdsThanTheModel() throws IOException {
        refused(
                tiny(98),
                "tokenizer.json has 98 ids, the last of which is 't97'",
                "knows 97",
                "belongs to another model: copy the one that this model was trained with");
    }

    @Test
    void namesAMissingOrDamagedTokenizer() throws IOException {
        Path model = tiny(97);
        Path tokenizer = model.resolve(Checkpoint.TOKENIZER);
        String whole = Files.readString(tokenizer);
        for (int length : new int[] {0, 1, whole.length() / 2, whole.length() - 1}) {
            Files.writeString(tokenizer, whole.substring(0, length));
            refused(model, "tokenizer.json", length == 0 ? "has no model.vocab" : "not valid JSON");
        }
        // Readable for us, but not for the library that tokenises.
        Files.writeString(tokenizer, whole.replace("\"WordLevel\"", "\"WorldLevel\""));
        assertThatThrownBy(() -> SparseEncoders.open(model, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "tokenizer.json: the tokenizer cannot be loaded", "fast tokenizer, or copy it again");
        Files.delete(tokenizer);
        refused(model, "has no tokenizer.json; copy the tokenizer.json of the model that it was trained from");
    }

    @Test
    void saysWhatIsMissingOrNotSupported() throws IOException {
        refused(folder.resolve("nowhere"), "is not a directory");
        refused(folder, "has no config.json");
        Path config = tiny(97).resolve(Checkpoint.CONFIG);
        replace(config, "\"bert\"", "\"gpt2\"");
        refused(folder.resolve("tiny"), "model_type is \"gpt2\"", "bert, distilbert");
        replace(config, "\"gpt2\"", "\"bert\"");
        replace(config, "\"hidden_size\": 32", "\"hidden_size\": 33");
        refused(folder.resolve("tiny"), "hidden_size 33 is not a multiple");
        replace(config, "\"hidden_size\": 33", "\"hidden_size\": 99999999999");
        refused(folder.resolve("tiny"), "hidden_size is 99999999999");
        Files.writeString(config, "{");
        refused(folder.resolve("tiny"), "config.json: not valid JSON");
    }

    @Test
    void refusesAContractTheModelCannotKeep() throws IOException {
        Checkpoint copy =
                CheckpointWriter.copy(Checkpoint.open(tiny(90)), folder.resolve("copy"), TensorType.F16, "copy");
        Path contract = copy.directory().resolve(Checkpoint.CONTRACT);
        replace(contract, "\"max_tokens\" : 64", "\"max_tokens\" : 65");
        refused(copy.directory(), "max_tokens is 65", "the model has 64");
        replace(contract, "\"max_tokens\" : 65", "\"max_tokens\" : 64");
        replace(contract, "\"outputs\" : 90", "\"outputs\" : 91");
        refused(copy.directory(), "outputs is 91", "90 ids");
    }

    @Test
    void everythingThatDecidesAVectorMakesAnotherSpaceAndTheNameDoesNot() throws IOException {
        Checkpoint base = Checkpoint.open(tiny(97));
        EncodingContract c = base.contract();
        RoleContract r = c.query();
        Set<String> spaces = new LinkedHashSet<>();
        spaces.add(base.spaceId());
        HeadContract.Mlm head = (HeadContract.Mlm) r.head();
        List<HeadContract> heads = List.of(
                new HeadContract.Mlm(Pooling.SUM, head.saturation(), head.logits(), 97),
                new HeadContract.Mlm(head.pooling(), Saturation.DOUBLE_LOG1P, head.logits(), 97),
                new HeadContract.Mlm(head.pooling(), head.saturation(), new LogitAffine(2, 0), 97),
                new HeadContract.Mlm(head.pooling(), head.saturation(), new LogitAffine(1, 2), 97),
                new HeadContract.Mlm(head.pooling(), head.saturation(), head.logits(), 96),
                new HeadContract.Mlp(List.of("linear"), Rectifier.RELU, head.pooling(), head.saturation(), 97));
        List<RoleContract> roles = new ArrayList<>();
        heads.forEach(other -> roles.add(new RoleContract(r.text(), r.reading(), other, r.pruning())));
        for (TextContract other : List.of(
                new TextContract("query: ", "", true, 64, 1, 0),
                new TextContract("", "query: ", true, 64, 1, 0),
                new TextContract("", "", false, 64, 1, 0),
                TextContract.cutAt(63))) {
            roles.add(new RoleContract(other, r.reading(), head, r.pruning()));
        }
        roles.add(new RoleContract(
                r.text(), ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.MASK), head, r.pruning()));
        roles.add(new RoleContract(r.text(), r.reading(), head, PruningContract.top(10)));
        for (RoleContract other : roles) {
            spaces.add(space(base, other, r));
            spaces.add(space(base, r, other));
        }
        spaces.add(CheckpointWriter.copy(base, folder.resolve("half"), TensorType.F16, "tiny")
                .spaceId());
        assertThat(spaces).hasSize(2 + 2 * roles.size()).allMatch(id -> id.matches("[0-9a-f]{64}"));

        assertThat(base.withContract(c.withName("other")).spaceId()).isEqualTo(base.spaceId());
        replace(base.directory().resolve(Checkpoint.CONFIG), "5.23.0", "5.24.0");
        assertThat(Checkpoint.open(base.directory()).spaceId()).isEqualTo(base.spaceId());
        replace(
                base.directory().resolve(Checkpoint.CONFIG),
                "\"num_attention_heads\": 4",
                "\"num_attention_heads\": 2");
        assertThat(Checkpoint.open(base.directory()).spaceId()).isNotEqualTo(base.spaceId());
    }

    private static String space(Checkpoint base, RoleContract query, RoleContract document) {
        return base.withContract(new EncodingContract(
                        "tiny", query, document, base.contract().digests()))
                .spaceId();
    }
}
