"""Writes a BERT or DistilBERT masked-LM checkpoint as ONNX with the pooled head in the graph, in fp32 and int8.

  python benchmarks/peers/onnx_export.py models/splade-tiny OUT_DIR
writes fp32.onnx, fp32-fused.onnx (ONNX Runtime's own transformer fusions applied first) and the two quantised to int8.
Needs torch, transformers, onnx and onnxruntime; running the result needs none of the first two.
"""

import argparse
import pathlib

import onnx
import onnxruntime
import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

OPSET = 17


class PooledHead(torch.nn.Module):
    """input_ids, attention_mask [B, L] to weights [B, V]: the maximum over positions comes before bias, ReLU and log1p.

    Instead of masking the logits [B, L, V], a padded position gets the state of its text's first position, which leaves
    the maximum as it is and costs nothing.
    """

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.kind = model.config.model_type

    def forward(self, input_ids, attention_mask):
        hidden = self.model.base_model(input_ids=input_ids, attention_mask=attention_mask)[0]
        if self.kind == "bert":
            head = self.model.cls.predictions
            hidden, decoder = head.transform(hidden), head.decoder
        elif self.kind == "distilbert":
            hidden = self.model.vocab_layer_norm(self.model.activation(self.model.vocab_transform(hidden)))
            decoder = self.model.vocab_projector
        else:
            raise SystemExit(f"{self.kind}: only BERT and DistilBERT are exported")
        hidden = torch.where(attention_mask.unsqueeze(-1).bool(), hidden, hidden[:, :1])
        largest = torch.matmul(hidden, decoder.weight.t()).amax(1)
        return torch.log1p(torch.relu(largest + decoder.bias))


def export(model, path):
    model.config._attn_implementation = "eager"
    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2003, 102, 0]])
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        PooledHead(model).eval(),
        (ids, (ids > 0).long()),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["weights"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "weights": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def fuse(model, source, target):
    """Attention, LayerNorm and GELU as ONNX Runtime's fused operators, as its documentation advises for BERT."""
    config = model.config
    heads, width = config.num_attention_heads, config.hidden_size
    options = FusionOptions("bert")
    fused = optimizer.optimize_model(
        str(source), "bert", num_heads=heads, hidden_size=width, optimization_options=options, opt_level=1
    )
    print(f"fused: {fused.get_fused_operator_statistics()}")
    fused.save_model_to_file(str(target))


def quantise(source, target):
    """int8 weights by output channel, uint8 activations, full range: what is documented for AVX512-VNNI."""
    untyped = {"DefaultTensorType": onnx.TensorProto.FLOAT}  # shape inference does not know the fused operators
    options = dict(per_channel=True, reduce_range=False, weight_type=QuantType.QInt8, extra_options=untyped)
    quantize_dynamic(source, target, **options)


def check(model, paths):
    """Prints how far each graph is from torch on two texts of different lengths."""
    ids = torch.tensor([[101, 2023, 2003, 1037, 2300, 4971, 102], [101, 2300, 4971, 102, 0, 0, 0]])
    mask = (ids > 0).long()
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
    expected = torch.log1p(torch.relu(logits)).mul(mask.unsqueeze(-1)).amax(1)
    for path in paths:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (weights,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        difference = (torch.from_numpy(weights) - expected).abs().max().item()
        size = path.stat().st_size / 2**20
        print(f"{path.name}: {size:.0f} MiB, largest difference from torch {difference:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="checkpoint directory")
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = transformers.AutoModelForMaskedLM.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    plain, fused = options.out / "fp32.onnx", options.out / "fp32-fused.onnx"
    export(model, plain)
    fuse(model, plain, fused)
    paths = [plain, fused]
    for source in (plain, fused):
        paths.append(options.out / source.name.replace("fp32", "int8"))
        quantise(source, paths[-1])
    check(model, paths)


if __name__ == "__main__":
    main()
