"""Makes model/src/test/resources/adapters: tiny LoRA adapters as peft saves them, and the weights peft merges them to.

Run with torch, transformers, peft and safetensors installed; give the folder to write to. Every case is the base
checkpoint in base/, an adapter, and merged.safetensors with all tensors of the merged model under the base's names.
"""

import sys
from pathlib import Path

import peft
import safetensors.torch
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

OUT = Path(sys.argv[1])
CONFIG = transformers.LlamaConfig(
    vocab_size=24, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, attention_bias=True, tie_word_embeddings=False, num_labels=1, pad_token_id=0)
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def fresh(kind, seed):
    torch.manual_seed(seed)
    model = kind(CONFIG).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def with_base_weights(kind):
    """A model of a kind, with the base's weights wherever it has tensors of the same name."""
    model = fresh(kind, 99)
    stored = safetensors.torch.load_file(OUT / "base" / "model.safetensors")
    if kind is transformers.LlamaModel:
        stored = {name.removeprefix("model."): tensor for name, tensor in stored.items()}
    model.load_state_dict(stored, strict=False)
    return model


def case(name, kind=transformers.LlamaForCausalLM, dtype=torch.float32, train=(), **settings):
    model = get_peft_model(with_base_weights(kind), LoraConfig(init_lora_weights=False, **settings))
    torch.manual_seed(len(name))
    for parameter_name, parameter in model.named_parameters():
        saved = "modules_to_save" in parameter_name or any(part in parameter_name for part in train)
        if "lora_" in parameter_name or saved:
            torch.nn.init.normal_(parameter, std=0.3)
        if "lora_" in parameter_name:
            parameter.data = parameter.data.to(dtype)
    folder = OUT / name
    model.peft_config["default"].base_model_name_or_path = None
    model.peft_config["default"].inference_mode = True
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    # Loaded again, since peft sorts the patterns when it saves them and so may match others first. It also widens
    # factors of half precision to fp32 when it loads them.
    merged = PeftModel.from_pretrained(with_base_weights(kind), folder).merge_and_unload().state_dict()
    prefix = "model." if kind is transformers.LlamaModel else ""
    safetensors.torch.save_file(
        {prefix + name: tensor.clone() for name, tensor in merged.items()}, folder / "merged.safetensors",
        {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__})


def main():
    (OUT / "base").mkdir(parents=True, exist_ok=True)
    base = fresh(transformers.LlamaForCausalLM, 1).state_dict()
    safetensors.torch.save_file(base, OUT / "base" / "model.safetensors", {"format": "pt"})
    case("plain", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"])
    case("rank-stabilised", r=9, lora_alpha=5, use_rslora=True, target_modules=LINEAR)
    case("patterns", r=4, lora_alpha=8, target_modules="all-linear",
         rank_pattern={"^model.layers.1.self_attn.q_proj": 2, "gate_proj": 3, "mlp\\.(gate|up)_proj": 6},
         alpha_pattern={"layers.0.*": 3, "down_proj": 20})
    case("embedding", r=3, lora_alpha=4, target_modules=["embed_tokens", "o_proj"])
    case("saved", r=2, lora_alpha=2, target_modules=["k_proj"], modules_to_save=["lm_head", "input_layernorm"])
    case("biases", r=2, lora_alpha=2, target_modules=["q_proj", "up_proj"], bias="all", train=[".bias"])
    case("classifier", kind=transformers.LlamaForSequenceClassification, r=2, lora_alpha=6, task_type="SEQ_CLS",
         target_modules=["q_proj", "gate_proj"])
    case("headless", kind=transformers.LlamaModel, r=2, lora_alpha=6, target_modules=["v_proj"])
    case("half", dtype=torch.bfloat16, r=5, lora_alpha=8, target_modules=["o_proj", "up_proj"])


main()
