package io.millrace.model.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.TextRole;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes what sentence-transformers' SparseEncoder needs beside weights and tokenizer, in the form that its versions from 5.0
 * on read: one chain of modules for both roles, or a Router where the roles have directories of their own.
 */
public final class SentenceTransformersWriter {
    private static final String PACKAGE = "sentence_transformers.sparse_encoder.models.";
    private static final String POOLING = "SpladePooling";
    private static final JsonMapper JSON = new JsonMapper();

    private final Path target;
    private final EncodingContract contract;

    private SentenceTransformersWriter(Path target, EncodingContract contract) {
        this.target = target;
        this.contract = contract;
    }

    /**
     * Writes the files.
     *
     * @param contract whose roles have a {@link SavedModule} each, in the same directory or in two
     * @return what sentence-transformers does otherwise than the contract, one sentence each
     * @throws IOException if writing fails
     */
    public static List<String> write(Path target, EncodingContract contract) throws IOException {
        return new SentenceTransformersWriter(target, contract).write();
    }

    private List<String> write() throws IOException {
        boolean shared =
                contract.query().checkpoint().equals(contract.document().checkpoint());
        if (shared) {
            chain();
        } else {
            router();
        }
        model();
        return differences(shared);
    }

    private void chain() throws IOException {
        RoleContract role = contract.document();
        ArrayNode modules = JSON.createArrayNode();
        module(modules, "", PACKAGE + SavedModule.TRANSFORMER.type());
        module(modules, "1_" + POOLING, PACKAGE + POOLING);
        save("modules.json", modules);
        pooling("1_" + POOLING, (HeadContract.Mlm) role.head());
        int query = contract.query().maxTokens();
        int document = contract.document().maxTokens();
        ObjectNode settings = settings(Math.max(query, document));
        if (query != document) {
            settings.put("query_length", query).put("document_length", document);
        }
        save("sentence_bert_config.json", settings);
    }

    private void router() throws IOException {
        ArrayNode modules = JSON.createArrayNode();
        module(modules, "", "sentence_transformers.models.Router");
        save("modules.json", modules);
        ObjectNode routes = JSON.createObjectNode();
        ObjectNode types = routes.putObject("types");
        ObjectNode structure = routes.putObject("structure");
        for (TextRole textRole : TextRole.values()) {
            RoleContract role = contract.role(textRole);
            String name = textRole.name().toLowerCase(Locale.ROOT);
            SavedModule module = SavedModule.of(role).orElseThrow();
            ArrayNode chain = structure.putArray(name).add(role.checkpoint());
            types.put(role.checkpoint(), PACKAGE + module.type());
            if (role.head() instanceof HeadContract.Mlm mlm) {
                String pooling = name + "_1_" + POOLING;
                types.put(pooling, PACKAGE + POOLING);
                chain.add(pooling);
                pooling(pooling, mlm);
                save(role.checkpoint() + "/sentence_bert_config.json", settings(role.maxTokens()));
            } else {
                save(
                        role.checkpoint() + "/" + EncoderFiles.CONFIG,
                        JSON.createObjectNode().put("frozen", true));
            }
        }
        routes.putObject("parameters").put("default_route", "document").put("allow_empty_key", true);
        save("router_config.json", routes);
    }

    private static void module(ArrayNode modules, String path, String type) {
        modules.addObject()
                .put("idx", modules.size() - 1)
                .put("name", Integer.toString(modules.size() - 1))
                .put("path", path)
                .put("type", type);
    }

    private static ObjectNode settings(int maxTokens) {
        return JSON.createObjectNode().put("max_seq_length", maxTokens).put("do_lower_case", false);
    }

    private void pooling(String directory, HeadContract.Mlm head) throws IOException {
        Files.createDirectories(target.resolve(directory));
        save(
                directory + "/config.json",
                JSON.createObjectNode()
                        .put("pooling_strategy", head.pooling().name().toLowerCase(Locale.ROOT))
                        .put("activation_function", head.saturation() == Saturation.LOG1P ? "relu" : "log1p_relu")
                        .put("word_embedding_dimension", head.outputs()));
    }

    private void model() throws IOException {
        ObjectNode model =
                JSON.createObjectNode().put("model_type", "SparseEncoder").put("similarity_fn_name", "dot");
        model.putObject("prompts")
                .put("query", contract.query().text().prefix())
                .put("document", contract.document().text().prefix());
        model.putNull("default_prompt_name");
        int terms = contract.document().pruning().topTerms();
        if (terms > 0 && prunesAlike()) {
            model.put("max_active_dims", terms);
        }
        save("config_sentence_transformers.json", model);
    }

    private boolean prunesAlike() {
        return contract.query().pruning().equals(contract.document().pruning())
                && SavedModule.prunes(contract.document().pruning());
    }

    private List<String> differences(boolean shared) {
        List<String> differences = new ArrayList<>();
        if (!prunesAlike()) {
            differences.add("it prunes both roles alike and to the heaviest terms only, so it will not prune at all");
        }
        if (Math.max(
                        contract.query().text().maxChunks(),
                        contract.document().text().maxChunks())
                > 1) {
            differences.add("it cuts long texts, and so reads their first piece only");
        }
        if (shared && contract.query().maxTokens() != contract.document().maxTokens()) {
            differences.add("its versions before 6 know one length for both roles, and will not load this");
        }
        return differences;
    }

    private void save(String file, JsonNode json) throws IOException {
        Files.writeString(
                target.resolve(file), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }
}
