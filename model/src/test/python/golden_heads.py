"""The readings and heads of golden_more.py: what turns a model's states into weights of terms, in plain torch."""

import torch


def selection(case, ids, mask):
    """Which positions count: real ones, without special tokens where the case masks them, or one position alone."""
    keep = mask.bool()
    if case["special_tokens"] == "mask":
        keep = keep & ~torch.isin(ids, torch.tensor(case["special_ids"]))
    if case["positions"] == "first":
        keep = keep & (torch.arange(ids.shape[1]) == 0)
    elif case["positions"] == "last":
        keep = keep & (torch.arange(ids.shape[1]) == mask.sum(1, keepdim=True) - 1)
    return keep


def set_causal(model, causal):
    """Lets a decoder attend to both sides: what transformers does when the configuration says is_causal false."""
    model.config.is_causal = causal
    for module in model.modules():
        if hasattr(module, "is_causal"):
            module.is_causal = causal


def shifted(model, tokens):
    return model._shift_right(tokens)


def one_pad_column(tokens):
    return torch.cat([tokens, torch.zeros(len(tokens), 1, dtype=torch.long)], 1)


def states(model, case, ids, mask):
    """(last hidden states or None, logits or None, which positions count)."""
    reading = case["reading"]
    wants_hidden = case["head"]["kind"] not in ("mlm", "epic")
    if model.config.model_type == "t5":
        return t5_states(model, reading, case, ids, mask, wants_hidden)
    set_causal(model, reading != "bidirectional") if reading in ("causal", "bidirectional", "echo") else None
    if reading == "echo":
        return None, echo_logits(model, ids, mask), selection(case, ids, mask)
    hidden = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
    logits = None if wants_hidden else model(input_ids=ids, attention_mask=mask).logits
    return hidden, logits, selection(case, ids, mask)


def echo_logits(model, ids, mask):
    """Each text by itself, twice over and without padding; the second copy's logits."""
    rows = torch.zeros(*ids.shape, model.config.vocab_size, dtype=next(model.parameters()).dtype)
    for row, (tokens, length) in enumerate(zip(ids, mask.sum(1).tolist())):
        text = tokens[:length].unsqueeze(0)
        rows[row, :length] = model(input_ids=text.repeat(1, 2)).logits[0, length:]
    return rows


def t5_states(model, reading, case, ids, mask, wants_hidden):
    if case["alignment"] == "invariant" and reading in ("decoder", "encoder_decoder_multi"):
        ids, mask = one_pad_column(ids), one_pad_column(mask)
    if reading == "encoder":
        hidden = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden, None if wants_hidden else model.lm_head(hidden), selection(case, ids, mask)
    if reading == "decoder":  # no encoder states: cross-attention is skipped, and the mask is not shifted
        hidden = model.decoder(input_ids=shifted(model, ids), attention_mask=mask).last_hidden_state
        return hidden, None if wants_hidden else model.lm_head(hidden), shifted(model, mask).bool()
    if reading == "encoder_decoder_single":
        start = torch.full((len(ids), 1), model.config.decoder_start_token_id)
        logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=start).logits
        return None, logits, torch.ones(len(ids), 1, dtype=torch.bool)
    logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=shifted(model, ids)).logits
    return None, logits, shifted(model, mask).bool()


ACTIVATIONS = {
    "relu": torch.relu,
    "softplus": torch.nn.functional.softplus,
    "identity": lambda values: values,
}


def saturate(values, how):
    for _ in range({"none": 0, "log1p": 1, "double_log1p": 2}[how]):
        values = torch.log1p(values)
    return values


def linear(tensors, prefix, hidden):
    weight, bias = tensors[prefix + ".weight"].to(hidden.dtype), tensors[prefix + ".bias"].to(hidden.dtype)
    return hidden @ weight.T + bias


def mlm(head, logits, keep):
    logits = logits * head["logit_scale"] + head["logit_shift"]
    weights = saturate(torch.relu(logits), head["saturation"] if head["pooling"] == "sum" else "none")
    weights = torch.where(keep.unsqueeze(-1), weights, 0)
    if head["pooling"] == "sum":
        return weights.sum(1)
    return saturate(weights.max(1).values, head["saturation"])


def per_token(head, tensors, hidden):
    """One weight a position from a stack of linear layers, activated after each."""
    for layer in head.get("layers", []):
        hidden = ACTIVATIONS[layer["activation"]](linear(tensors, layer["linear"], hidden))
    weights = ACTIVATIONS[head["activation"]](linear(tensors, head["linear"], hidden)).squeeze(-1)
    return saturate(weights, head["saturation"])


def scatter(ids, weights, keep, vocabulary, reduction):
    """Weights of positions to weights of terms: a repeated token's add up, or the largest counts."""
    out = torch.zeros(len(ids), vocabulary, dtype=weights.dtype)
    weights = torch.where(keep, weights, 0)
    return out.scatter_reduce(1, ids, weights, {"sum": "sum", "max": "amax"}[reduction])


def epic(head, tensors, hidden, logits, keep):
    """lsr's order: logits × importance, softplus, log1p, maximum over positions, × quality of the first state."""
    importance = torch.log1p(torch.nn.functional.softplus(linear(tensors, head["importance"], hidden)))
    quality = torch.sigmoid(linear(tensors, head["quality"], hidden[:, 0]))
    weighted = logits * importance
    if head["masked_positions"] == "zero_logit":
        weighted = torch.where(keep.unsqueeze(-1), weighted, 0)
    weights = saturate(ACTIVATIONS[head["activation"]](weighted), head["saturation"])
    if head["masked_positions"] == "excluded":
        weights = torch.where(keep.unsqueeze(-1), weights, 0)
    return weights.max(1).values * quality


def sparta(head, tensors, hidden, keep):
    """A term's input embedding against every state; dropped terms are those that SPARTA's code zeroes."""
    table = tensors[head["embedding"]].to(hidden.dtype)
    scores = (hidden @ table.T).masked_fill(~keep.unsqueeze(-1), float("-inf")).max(1).values
    if "bias" in head:
        scores = scores + tensors[head["bias"]].to(hidden.dtype)
    weights = saturate(torch.relu(scores), head["saturation"])
    weights[:, head["dropped_ids"]] = 0
    return weights


def recorded(model, tensors, case):
    """The case's vectors [texts, vocabulary] in the model's own precision, with torch's record of how they came about."""
    ids, mask = torch.tensor(case["input_ids"]), torch.tensor(case["attention_mask"])
    head = case["head"]
    vocabulary = model.config.vocab_size
    if head["kind"] == "binary":
        scale = tensors.get("scale", torch.tensor(head["scale"]))
        out = scatter(ids, scale.expand(ids.shape), selection(case, ids, mask), vocabulary, head["reduction"])
    elif head["kind"] == "table":
        weights = torch.relu(tensors["table"])[ids]
        out = scatter(ids, weights, selection(case, ids, mask), vocabulary, "max")
    else:
        hidden, logits, keep = states(model, case, ids, mask)
        if head["kind"] == "mlm":
            out = mlm(head, logits, keep)
        elif head["kind"] == "mlp":
            out = scatter(ids, per_token(head, tensors, hidden), keep, vocabulary, head["reduction"])
        elif head["kind"] == "epic":
            out = epic(head, tensors, hidden, logits, keep)
        else:
            out = sparta(head, tensors, hidden, keep)
    if "vocabulary_limit" in case:
        out = out[:, : case["vocabulary_limit"]]
    return out


def vectors(model, tensors, case):
    """The case's vectors without that record."""
    with torch.no_grad():
        return recorded(model, tensors, case)
