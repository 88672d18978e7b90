#!/usr/bin/env python3
"""Turns a BERT cross-encoder that was exported to ONNX, in fp32 or dynamically quantised to int8 by ONNX Runtime, into the
safetensors directory that Hugging Face's BertForSequenceClassification and ./millrace score read.

    cross_encoder_from_onnx.py MODEL.onnx TOKENIZER.json OUT [--heads 12]

Names of matrices are lost in an export; they come back from the bias that is added to each product. Int8 weights are
multiplied out. Needs: pip install onnx numpy safetensors.
"""
import argparse
import json
import os
import shutil

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file


def weights_of(graph):
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)

    def full(name):
        base = name[: -len("_quantized")]
        scale, zero = arrays[base + "_scale"], arrays[base + "_zero_point"]
        return (arrays[name].astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)

    def bias_after(node):
        """The bias added to a product, behind the casts and scales of quantisation."""
        for _ in range(6):
            following = [user for name in node.output for user in users.get(name, [])]
            for user in following:
                if user.op_type == "Add":
                    for name in user.input:
                        if name.endswith(".bias") and name in arrays:
                            return name
            node = next((user for user in following if user.op_type in ("Cast", "Mul")), None)
            if node is None:
                return None
        return None

    weights = {
        name: array for name, array in arrays.items()
        if array.dtype == np.float32 and name.endswith((".weight", ".bias"))}
    for name in arrays:
        if name.endswith("_quantized") and "." in name and "onnx::" not in name:
            weights[name[: -len("_quantized")]] = full(name)
    for node in graph.node:
        if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in arrays:
            bias = bias_after(node)
            if bias is None:
                raise SystemExit(f"the product {node.name} has no named bias behind it; export the model with its names")
            matrix = full(node.input[1]) if node.op_type == "MatMulInteger" else arrays[node.input[1]]
            weights[bias[: -len(".bias")] + ".weight"] = matrix.T
    return {name: np.ascontiguousarray(array.astype(np.float32)) for name, array in weights.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("tokenizer")
    parser.add_argument("out")
    parser.add_argument("--heads", type=int, default=12)
    arguments = parser.parse_args()
    weights = weights_of(onnx.load(arguments.model).graph)
    layers = 1 + max(int(name.split("layer.")[1].split(".")[0]) for name in weights if "layer." in name)
    # Embeddings 3, their norm 2, each layer 16, pooler 2, classifier 2.
    if len(weights) != 9 + 16 * layers or "classifier.weight" not in weights:
        raise SystemExit(f"{arguments.model} has {len(weights)} weights, but a BERT cross-encoder of {layers} layers has "
                         f"{9 + 16 * layers}, classifier.weight among them")
    words = weights["bert.embeddings.word_embeddings.weight"]
    config = {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": words.shape[0],
        "hidden_size": words.shape[1], "num_hidden_layers": layers, "num_attention_heads": arguments.heads,
        "intermediate_size": weights["bert.encoder.layer.0.intermediate.dense.weight"].shape[0], "hidden_act": "gelu",
        "max_position_embeddings": weights["bert.embeddings.position_embeddings.weight"].shape[0], "type_vocab_size": 2,
        "layer_norm_eps": 1e-12, "pad_token_id": 0, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    os.makedirs(arguments.out, exist_ok=True)
    save_file(weights, os.path.join(arguments.out, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(arguments.out, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1)
    shutil.copyfile(arguments.tokenizer, os.path.join(arguments.out, "tokenizer.json"))


if __name__ == "__main__":
    main()
