package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Recognises weights in forms that are not read here, to say what to do about each. */
final class ForeignWeights {
    private static final String CONVERT = "save it with save_pretrained(directory, safe_serialization=True) of "
            + "transformers, on a machine where you trust the file";
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
    private static final List<String> OTHERS = List.of(".gguf", ".ggml", ".onnx", ".h5", ".msgpack", ".npz");

    /** Parts of a quantised linear layer as GPTQ, AWQ, bitsandbytes, compressed-tensors, FP8, HQQ and MXFP4 name them. */
    private static final List<String> QUANTISED = List.of(
            ".qweight",
            ".qzeros",
            ".g_idx",
            ".SCB",
            ".weight_format",
            ".absmax",
            ".quant_map",
            ".weight_packed",
            ".weight_scale",
            ".weight_scale_inv",
            ".W_q",
            "_proj_blocks");

    private ForeignWeights() {}

    /** Refuses a file that begins like one of another kind; returns if it is not known. */
    static void refuseByFirstBytes(Path file, byte[] first) {
        String text = new String(first, StandardCharsets.ISO_8859_1);
        if (text.startsWith("version ")) {
            throw new InvalidModelException(file + " is a Git LFS pointer, not the weights; run 'git lfs pull' in its "
                    + "repository, or download the file itself");
        }
        if (text.startsWith("PK\3\4") || (first[0] == (byte) 0x80 && first[1] >= 2 && first[1] <= 5)) {
            throw new InvalidModelException(
                    file + " is a PyTorch pickle, whatever its name, and pickles can run code; " + CONVERT);
        }
        if (text.startsWith("GGUF")) {
            throw new InvalidModelException(file + " is a GGUF file; use the Hugging Face checkpoint it was made from");
        }
        if (text.startsWith("<")) {
            throw new InvalidModelException(
                    file + " begins like a web page, probably an error message saved in place of "
                            + "the weights; download it again, logged in where the model asks for it");
        }
    }

    /** Refuses weights that were packed into integers. */
    static void refuseQuantised(Path file, Collection<TensorInfo> tensors) {
        for (TensorInfo tensor : tensors) {
            String name = tensor.name();
            boolean integers = name.endsWith("weight")
                    && !tensor.type().isFloating()
                    && tensor.shape().size() > 1;
            if (integers || name.contains(".quant_state.") || QUANTISED.stream().anyMatch(name::endsWith)) {
                throw new InvalidModelException(file + ": tensor " + name + " (" + tensor.type()
                        + ") belongs to a checkpoint quantised by GPTQ, AWQ, bitsandbytes or the like; use the checkpoint "
                        + "as it was before, in F32, F16 or BF16, and choose a precision when loading it");
            }
        }
    }

    /** Why a directory without safetensors weights cannot be used. */
    static InvalidModelException noWeights(Path directory) throws IOException {
        String expected = directory + " has neither " + WeightFiles.SINGLE + " nor " + WeightFiles.INDEX;
        List<String> names;
        try (Stream<Path> files = Files.list(directory)) {
            names = files.map(file -> file.getFileName().toString()).sorted().toList();
        }
        for (String name : names) {
            if (name.equals("adapter_model.safetensors")) {
                return new InvalidModelException(
                        expected + " but " + name
                                + ": it is an adapter; give the checkpoint it was trained on, and this directory as its adapter");
            }
            if (PICKLES.stream().anyMatch(name::endsWith)) {
                return new InvalidModelException(expected + " but " + name + ", and pickles can run code; " + CONVERT);
            }
            if (OTHERS.stream().anyMatch(name::endsWith)) {
                return new InvalidModelException(expected + " but " + name
                        + "; use the Hugging Face checkpoint it was made from, saved as safetensors");
            }
        }
        return new InvalidModelException(
                expected + "; give the directory of a Hugging Face checkpoint saved as safetensors");
    }
}
