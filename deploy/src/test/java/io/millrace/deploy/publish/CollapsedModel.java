package io.millrace.deploy.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The embedded model with a large bias on all terms, so that every text has every term. */
final class CollapsedModel {
    private static final float BIAS = 40;

    private CollapsedModel() {}

    static Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String file : List.of("config.json", "tokenizer.json", "NOTICE")) {
            Files.write(folder.resolve(file), Files.readAllBytes(RegistryCluster.SPLADE_TINY.resolve(file)));
        }
        ByteBuffer weights = ByteBuffer.wrap(
                        Files.readAllBytes(RegistryCluster.SPLADE_TINY.resolve("model.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(weights.getLong(0));
        JsonNode bias =
                new JsonMapper().readTree(weights.array(), Long.BYTES, header).path("cls.predictions.bias");
        if (!bias.path("dtype").asText().equals("F16")) {
            throw new IllegalStateException("the bias is " + bias + ", not in F16");
        }
        int data = Long.BYTES + header;
        for (int at = bias.path("data_offsets").path(0).asInt();
                at < bias.path("data_offsets").path(1).asInt();
                at += Short.BYTES) {
            weights.putShort(data + at, Float.floatToFloat16(BIAS));
        }
        Files.write(folder.resolve("model.safetensors"), weights.array());
        return folder;
    }
}
