package io.millrace.model.checkpoint;

import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.RoleContract;
import java.util.Map;

/**
 * Identity of a vector space: SHA-256 over everything that decides a text's vector. Device, threads and kernels are left
 * out, because they may only change rounding; names are left out, because people change them.
 */
final class SpaceId {
    /** Version of the rule that turns weights into what leaves the encoder: 1 = fp32, unquantised. */
    private static final int QUANTISER_VERSION = 1;

    private SpaceId() {}

    static String of(BertConfig backbone, EncodingContract contract, Map<String, String> digests) {
        HeadContract head = contract.head();
        StringBuilder text = new StringBuilder("millrace space 1\n");
        // config.json is covered by the backbone line: its other keys, such as a library version, change no vector.
        digests.forEach((file, digest) -> {
            if (!file.equals(Checkpoint.CONFIG)) {
                text.append("file ").append(file).append(' ').append(digest).append('\n');
            }
        });
        text.append("backbone ").append(backbone.canonical()).append('\n');
        text.append("head mlm ").append(head.pooling()).append(' ').append(head.saturation());
        text.append(" scale=").append(head.logits().scale());
        text.append(" shift=").append(head.logits().shift());
        text.append(" outputs=").append(head.outputs()).append('\n');
        text.append("special ").append(head.specialTokens()).append('\n');
        role(text, "query", contract.query());
        role(text, "document", contract.document());
        text.append("quantiser ").append(QUANTISER_VERSION).append('\n');
        return Digests.ofText(text.toString());
    }

    private static void role(StringBuilder text, String name, RoleContract role) {
        // The prefix goes in by length and text, so that no prefix can imitate the fields after it.
        text.append(name).append(" max=").append(role.maxTokens());
        text.append(" top=").append(role.topTerms());
        text.append(" prefix=").append(role.prefix().length()).append(':').append(role.prefix());
        text.append('\n');
    }
}
