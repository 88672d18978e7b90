"""Writes a random masked-LM checkpoint of a real size whose logits resemble those of a trained sparse encoder.

Speed at a size needs no training, but it depends on how many terms come out non-zero and how many logits lie near zero:
that decides what a head that works at low precision can skip. Untrained weights put half of the vocabulary above zero.
So the head is fitted to the logits that a trained model (--like) reaches on the same passages:
  - each term's maximum over a passage: the distribution of its mean over terms, and its deviation between passages;
  - the lead of the terms that the passage itself contains, which makes the tail of large weights;
  - the norms: ‖hidden state‖ × ‖embedding‖, to which rounding errors are proportional;
  - then the head's bias is moved until a passage has the wanted number of non-zeros on average.
Only the head and the scale of the embeddings are fitted; the layers stay as transformers initialises them. The program
ends with a table of what was matched and what was not.

  python benchmarks/peers/random_checkpoint.py distilbert OUT_DIR --like models/splade-tiny \
      --corpus DATA_DIR/corpus.jsonl.gz
"""

import argparse
import pathlib
import shutil

import torch
import transformers
from tokenizers import Tokenizer

import measure

ROUNDS = 8
DAMPING = 0.6  # the fitted figures depend on each other; full steps overshoot
DEVIATION = "deviation of a term between passages"
LEAD = "lead of a passage's own tokens"
NORMS = "‖hidden state‖ × ‖embedding‖"
SIZES = {
    "distilbert": lambda vocabulary: transformers.DistilBertForMaskedLM(
        transformers.DistilBertConfig(vocab_size=vocabulary, n_layers=6, dim=768, n_heads=12, hidden_dim=3072)
    ),
    "bert-base": lambda vocabulary: transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=vocabulary)),
    "bert-mini": lambda vocabulary: transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=vocabulary, num_hidden_layers=4, hidden_size=256, num_attention_heads=4, intermediate_size=1024
        )
    ),
}


def head_of(model):
    """(the head's dense layer, its LayerNorm, the projection to the vocabulary)."""
    if model.config.model_type == "distilbert":
        return model.vocab_transform, model.vocab_layer_norm, model.vocab_projector
    head = model.cls.predictions
    return head.transform.dense, head.transform.LayerNorm, head.decoder


@torch.no_grad()
def largest_logits(model, passages):
    """(each term's maximum over each passage [passages, V], mean ‖hidden state‖, deviation between positions)."""
    norms, deviations, rows = [], [], []
    seen = head_of(model)[1].register_forward_hook(lambda layer, given, out: norms.append(out.norm(dim=-1).mean()))
    for tokens in passages:
        logits = model(input_ids=torch.tensor([tokens])).logits[0]
        rows.append(logits.amax(0))
        deviations.append(logits[:, ::31].std(0).mean())
    seen.remove()
    return torch.stack(rows), torch.stack(norms).mean().item(), torch.stack(deviations).mean().item()


def lead(largest, passages):
    """How far a passage's own tokens are above their terms' means."""
    residual = largest - largest.mean(0)
    own = [row[torch.tensor(tokens).unique()].mean() for row, tokens in zip(residual, passages)]
    return torch.stack(own).mean().item()


def summary(model, passages):
    """The figures that are compared."""
    largest, norm, positions = largest_logits(model, passages)
    means, positive = largest.mean(0), largest > 0
    residual = largest - means
    shares = positive.float().mean(0).sort(descending=True).values
    return {
        "mean of a term's largest logit": largest.mean().item(),
        "deviation over the terms of a passage": largest.std(1).mean().item(),
        "deviation of the terms' means": means.std().item(),
        DEVIATION: residual.std().item(),
        "kurtosis of that deviation": ((residual**4).mean() / residual.std() ** 4).item(),
        LEAD: lead(largest, passages),
        "deviation of a term between positions": positions,
        NORMS: norm * head_of(model)[2].weight.norm(dim=1).mean().item(),
        "non-zeros a passage": positive.sum(1).float().mean().item(),
        "mean weight of the non-zeros": torch.log1p(largest[positive]).mean().item(),
        "logits within 0.1 of zero": (largest.abs() < 0.1).sum(1).float().mean().item(),
        "logits within 0.5 of zero": (largest.abs() < 0.5).sum(1).float().mean().item(),
        "share of non-zeros in 1,000 terms": (shares[:1000].sum() / shares.sum()).item(),
    }


def geometry(product, mean_square, deviation, width):
    """(coordinates that vary, ratio of a state's fixed part to a varying coordinate) for the wanted product of norms.

    With states B·e + g·z and embeddings c·e + s·n (e a unit vector; z, n noise in K coordinates) the squared product is
    (B² + g²K)(c² + s²K). B·c and g·s·√K are given by the logits, so K and B/g are free. The least product is
    √mean_square + deviation·√K; K is the largest that keeps it below what is wanted, and the ratio makes up the rest.
    """
    varying = int(max(16, min(width, ((product - mean_square**0.5) / deviation) ** 2)))
    low = (mean_square * varying / deviation**2) ** 0.25
    high = low * 1e3
    for _ in range(100):
        middle = (low * high) ** 0.5
        squared = mean_square + deviation**2 * (varying + middle**2) + mean_square * varying / middle**2
        low, high = (middle, high) if squared < product**2 else (low, middle)
    return varying, high


@torch.no_grad()
def fit(model, passages, wanted, means, non_zeros, generator):
    """Fits the head in place: wanted is the trained model's summary, means its terms' mean largest logits, permuted."""
    transform, norm, decoder = head_of(model)
    vocabulary, width = decoder.weight.shape
    noise = torch.randn(vocabulary, width, generator=generator)
    direction = torch.randn(width, generator=generator)
    mixing = transform.weight.clone()
    deviation, copying, offsets = wanted[DEVIATION], 0.1, means.clone()
    for _ in range(ROUNDS):
        mean_square = offsets.square().mean().item()
        varying, ratio = geometry(wanted[NORMS], mean_square, deviation, width)
        unit = direction.clone()
        unit[:varying] = 0 if varying < width else unit[:varying]
        unit /= unit.norm()
        scale = varying**-0.5
        across = noise * deviation / (scale * varying**0.5)
        across[:, varying:] *= 0.01
        across -= (across @ unit).unsqueeze(1) * unit
        rescale(model, across + (offsets / (ratio * scale)).unsqueeze(1) * unit)
        norm.weight.fill_(0.01 * scale)[:varying] = scale
        norm.bias.copy_(ratio * scale * unit)
        transform.weight.copy_(mixing + copying * torch.eye(width))
        decoder.bias.zero_()
        largest = largest_logits(model, passages)[0]
        offsets += means - largest.mean(0)
        copying *= min(3.0, max(0.3, wanted[LEAD] / lead(largest, passages))) ** DAMPING
        deviation *= (wanted[DEVIATION] / (largest - largest.mean(0)).std().item()) ** DAMPING
    flat = largest.flatten()
    shift = -flat.kthvalue(flat.numel() - non_zeros * len(passages)).values
    decoder.bias.fill_(shift)
    return shift.item()


def rescale(model, embeddings):
    """Sets the word embeddings, which are also the head's, and brings the other embeddings to their scale."""
    table = model.get_input_embeddings()
    factor = embeddings.std() / table.weight.std()
    for module in model.base_model.embeddings.modules():
        if isinstance(module, torch.nn.Embedding) and module is not table:
            module.weight.mul_(factor)
    table.weight.copy_(embeddings)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--like", type=pathlib.Path, required=True, help="trained BERT checkpoint with tokenizer.json")
    parser.add_argument("--corpus", required=True, help="corpus.jsonl or corpus.jsonl.gz in BEIR layout")
    parser.add_argument("--non-zeros", type=int, default=150)
    parser.add_argument("--passages", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer.from_file(str(options.like / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(options.max_tokens)
    texts = measure.texts_of(options.corpus, 40 * options.passages)[:: 20]
    passages = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    fitted, unseen = passages[::2], passages[1::2]
    trained = transformers.AutoModelForMaskedLM.from_pretrained(options.like, dtype=torch.float32).eval()
    model = SIZES[options.size](tokenizer.get_vocab_size()).eval()
    generator = torch.Generator().manual_seed(options.seed)
    means = largest_logits(trained, fitted)[0].mean(0)
    means = means[torch.randperm(len(means), generator=generator)]
    shift = fit(model, fitted, summary(trained, fitted), means, options.non_zeros, generator)
    model.save_pretrained(options.out)
    shutil.copy(options.like / "tokenizer.json", options.out / "tokenizer.json")
    print(f"head's bias {shift:.3f}; on {len(unseen)} passages that were not fitted:")
    ours, theirs = summary(model, unseen), summary(trained, unseen)
    for figure in theirs:
        print(f"  {figure:40} {ours[figure]:9.3f}   trained {theirs[figure]:9.3f}")


if __name__ == "__main__":
    main()
