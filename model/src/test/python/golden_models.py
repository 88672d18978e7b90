"""The tiny random checkpoints of golden_more.py: small enough to commit, sharp enough that every detail shows.

transformers' own initialisation would make attention nearly uniform and every norm the identity, so that a wrong
rotation or a forgotten bias would not move the result. Here each parameter is drawn from its own seeded stream (by its
name, so that one architecture's tensors do not depend on another's), with unit-sized attention logits, norms around 1
and biases that matter.
"""

import hashlib
import json
import pathlib

import safetensors.torch
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    OPTConfig,
    OPTForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
    XLMRobertaConfig,
    XLMRobertaModel,
)

VOCABULARY = 97
HIDDEN = 32
SHAPE = dict(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=4)
MLP = dict(intermediate_size=24)
GROUPED = dict(num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA3_ROPE = dict(
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=64,
)
LLAMA_HEAD = 12  # not hidden / heads, which is 8


def draw(name, shape, seed):
    """Standard normal values that depend on the tensor's name, its shape and the seed alone."""
    digest = hashlib.sha256(f"{seed}:{name}:{list(shape)}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return torch.randn(*shape, generator=generator)


def fill(model, seed):
    """Draws every parameter of the model; returns it in evaluation mode."""
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    output = getattr(model, "get_output_embeddings", lambda: None)()
    if output is not None:
        embeddings.add(id(output.weight))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = draw(name, parameter.shape, seed)
            if "relative_attention_bias" in name:
                parameter.copy_(noise)
            elif id(parameter) in embeddings:
                parameter.copy_(0.5 * noise)
            elif parameter.dim() == 2:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)
            elif name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif parameter.numel() == VOCABULARY:
                parameter.copy_(noise - 2)  # keeps part of the vocabulary below zero
            else:
                parameter.copy_(0.2 * noise)
    return model.eval()


def linear(name, inputs, outputs, seed, gain=1.0, bias=0.0):
    """The two tensors of a linear layer."""
    return {
        f"{name}.weight": gain * draw(name + ".weight", (outputs, inputs), seed) / inputs**0.5,
        f"{name}.bias": 0.2 * draw(name + ".bias", (outputs,), seed) + bias,
    }


def token_heads(seed):
    """Heads that weigh tokens or whole texts, under the names that their public code gives them."""
    impact = linear("impact_score_encoder.0", HIDDEN, HIDDEN, seed)
    impact |= linear("impact_score_encoder.3", HIDDEN, 1, seed, gain=2, bias=2.5)
    epic = linear("term_importance.linear", HIDDEN, 1, seed) | linear("doc_quality.linear", HIDDEN, 1, seed)
    tokens = linear("tok_proj", HIDDEN, 1, seed, gain=2) | linear("classifier", HIDDEN, 1, seed, gain=2, bias=1)
    return impact | epic | tokens | linear("linear", HIDDEN, 1, seed, gain=2) | {"score_bias": torch.tensor([-1.0])}


def t5(gated, seed):
    kind = dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False) if gated else {}
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=HIDDEN,
        d_kv=8,
        d_ff=24,
        num_layers=2,
        num_heads=2,  # heads × d_kv is 16, not d_model
        decoder_start_token_id=0,
        **kind,
    )
    model = T5ForConditionalGeneration(config)
    if gated:  # transformers 5 ties a fresh model whatever its configuration says
        model.lm_head.weight = torch.nn.Parameter(torch.empty(VOCABULARY, HIDDEN))
        return fill(model, seed)
    fill(model, seed)
    with torch.no_grad():  # with tied embeddings as large as the layers' outputs, each token would predict itself
        model.shared.weight.mul_(0.3)
        model.encoder.final_layer_norm.weight.mul_(3)
        model.decoder.final_layer_norm.weight.mul_(3)
    return model


def checkpoints(seed):
    """Each directory's model and the tensors to store beside it."""
    position = dict(max_position_embeddings=40)
    roberta = dict(max_position_embeddings=40, type_vocab_size=1, bos_token_id=0, pad_token_id=1, eos_token_id=2)
    one = dict(num_hidden_layers=1)
    llama_rope = dict(rope_theta=10000.0, **LLAMA3_ROPE)
    qwen_rope = dict(rope_type="default", rope_theta=1000.0)
    models = {
        "bert-heads": BertForMaskedLM(BertConfig(**SHAPE, **MLP, **position)),
        "roberta": RobertaForMaskedLM(RobertaConfig(**SHAPE, **MLP, **roberta)),
        "distilbert": DistilBertForMaskedLM(
            DistilBertConfig(vocab_size=VOCABULARY, dim=HIDDEN, n_layers=2, n_heads=4, hidden_dim=24, **position)
        ),
        "modernbert": ModernBertForMaskedLM(modernbert_config()),
        "llama": LlamaForCausalLM(
            LlamaConfig(**SHAPE, **MLP, **GROUPED, head_dim=LLAMA_HEAD, rope_parameters=llama_rope)
        ),
        "mistral": MistralForCausalLM(MistralConfig(**SHAPE, **MLP, **GROUPED, sliding_window=6)),
        "qwen2": Qwen2ForCausalLM(
            Qwen2Config(**SHAPE, **MLP, **GROUPED, tie_word_embeddings=True, rope_parameters=qwen_rope)
        ),
        "qwen3": Qwen3ForCausalLM(
            Qwen3Config(**SHAPE, **MLP, **GROUPED, head_dim=8, tie_word_embeddings=True, rope_parameters=qwen_rope)
        ),
        "opt-tail": OPTForCausalLM(
            OPTConfig(**(SHAPE | dict(vocab_size=100)), ffn_dim=24, word_embed_proj_dim=HIDDEN, **position)
        ),
        "bge-m3": XLMRobertaModel(XLMRobertaConfig(**(SHAPE | one), **MLP, **roberta), add_pooling_layer=False),
        "cross-encoder": BertForSequenceClassification(BertConfig(**(SHAPE | one), **MLP, **position, num_labels=1)),
    }
    filled = {name: fill(model, f"{seed}:{name}") for name, model in models.items()}
    filled |= {"flan": t5(True, f"{seed}:flan"), "t5v10": t5(False, f"{seed}:t5v10")}
    extras = {
        "bert-heads": token_heads(seed),
        "bge-m3": linear("sparse_linear", HIDDEN, 1, seed, gain=2, bias=1.5),
        "flan": linear("linear", HIDDEN, 1, seed, gain=2, bias=1),
        "opt-tail": linear("linear", HIDDEN, 1, seed, gain=2, bias=1.5),
    }
    return filled, extras


def modernbert_config():
    """The second layer is local: four tokens to each side."""
    return ModernBertConfig(
        **SHAPE,
        **MLP,
        max_position_embeddings=64,
        global_attn_every_n_layers=2,
        local_attention=8,
        pad_token_id=0,
        cls_token_id=2,
        sep_token_id=3,
        bos_token_id=2,
        eos_token_id=3,
    )


def save(model, directory, extra=None, **options):
    """Writes the checkpoint as transformers does, with the extra tensors in model.safetensors."""
    directory = pathlib.Path(directory)
    model.save_pretrained(directory, **options)
    (directory / "generation_config.json").unlink(missing_ok=True)
    if extra:
        file = directory / "model.safetensors"
        tensors = safetensors.torch.load_file(file) | {name: t.contiguous() for name, t in extra.items()}
        safetensors.torch.save_file(tensors, file, metadata={"format": "pt"})


def edit_config(directory, changes, drop=()):
    """Rewrites config.json: transformers 5 spells some settings otherwise than the checkpoints that people have."""
    file = pathlib.Path(directory) / "config.json"
    config = {key: value for key, value in json.loads(file.read_text()).items() if key not in drop} | changes
    file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
