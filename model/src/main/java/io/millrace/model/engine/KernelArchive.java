package io.millrace.model.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The TorchScript archive that holds the files of {@code kernels/}: a zip of their text, of a pickle that says "one object
 * of class Kernels without state", and of the format's version. Written here, so that no Python is needed anywhere.
 */
final class KernelArchive {
    /** The class's head, then its functions by what they are about. */
    private static final List<String> SOURCES =
            List.of("module", "weights", "linear", "stack", "step", "mlm", "screening", "learn");

    private static final String ROOT = "kernels/";

    /** Version of the operators' signatures; under an older one libtorch offers the signatures of its past. */
    private static final String OPERATOR_VERSION = "10\n";

    /**
     * Pickle, protocol 2: GLOBAL __torch__.Kernels; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; BINUNICODE "training"; NEWFALSE;
     * SETITEM; BUILD; STOP.
     */
    private static final byte[] OBJECT =
            "\u0080\u0002c__torch__\nKernels\n)\u0081}X\b\u0000\u0000\u0000training\u0089sb."
                    .getBytes(StandardCharsets.ISO_8859_1);

    /** Pickle, protocol 2: an empty tuple. */
    private static final byte[] NO_CONSTANTS = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

    private KernelArchive() {}

    /** The archive's bytes, made from the source text in this package. */
    static byte[] bytes() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
                put(zip, "data.pkl", OBJECT);
                put(zip, "code/__torch__.py", source());
                put(zip, "constants.pkl", NO_CONSTANTS);
                put(zip, "version", OPERATOR_VERSION.getBytes(StandardCharsets.US_ASCII));
                put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("memory streams do not fail", e);
        }
    }

    private static byte[] source() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (String part : SOURCES) {
            String name = "kernels/" + part + ".py";
            try (InputStream resource = KernelArchive.class.getResourceAsStream(name)) {
                if (resource == null) {
                    throw new IllegalStateException(name + " is missing from the jar; build it again");
                }
                resource.transferTo(text);
                text.write('\n');
            }
        }
        return text.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setTime(0);
        // libtorch maps entries in place, so they are stored, not compressed.
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
