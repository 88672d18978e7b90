package io.millrace.trainer.data.format;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What is done to a text before it is used. */
public enum TextRepair {
    /** Nothing. */
    NONE {
        @Override
        public String apply(String text) {
            return text;
        }
    },
    /**
     * Undoes UTF-8 that was read as Latin-1, as in parts of MS MARCO ("â\u0080\u0099" for an apostrophe): a text of
     * characters below 256 whose bytes are UTF-8 is read as such; any other stays as it is.
     */
    LATIN1_AS_UTF8 {
        @Override
        public String apply(String text) {
            boolean plain = true;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c > 0xFF) {
                    return text;
                }
                plain &= c < 0x80;
            }
            if (plain) {
                return text;
            }
            try {
                // A new decoder reports what is malformed instead of replacing it.
                CharBuffer decoded = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
                return decoded.toString();
            } catch (CharacterCodingException e) {
                return text;
            }
        }
    };

    /** The text as it is used. */
    public abstract String apply(String text);
}
