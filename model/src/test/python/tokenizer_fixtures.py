"""Makes src/test/resources/tokenizers: small tokenizers of the kinds in use, and what transformers' own code reads with them.

    python tokenizer_fixtures.py TEXT_FILE OUTPUT_DIRECTORY      (pip: tokenizers, transformers)

Each is trained on a text file of a few tens of kilobytes. expected.json has, for texts under prefixes and suffixes, the ids
of the concatenation, which is how published code tokenises.
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SOURCE, TARGET = map(pathlib.Path, sys.argv[1:])
LINES = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line.strip()]


def byte_level():
    """OPT and RoBERTa: byte-level BPE, an opening token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="</s> $A", special_tokens=[("</s>", 2)])
    return tokenizer


def unigram():
    """T5: Unigram over words that begin with a mark, a closing token."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=500, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def byte_fallback():
    """Llama 2 and Mistral: BPE over the whole text with marks for spaces, bytes for what it does not know."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=800, special_tokens=["<unk>", "<s>", "</s>", *bytes_], show_progress=False, max_token_length=12
    )
    # Trained on words: over whole lines, merges would reach across spaces.
    words = {("\u2581" + word) for line in LINES for word in line.split()}
    plain = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    plain.train_from_iterator(sorted(words), trainer)
    tokenizer.model = plain.model
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


TEXTS = [
    "the catalog of collections",
    "  two spaces, and  a tail ",
    "unbelievable",
    "",
    "naïve café 🙂 中文 text",
    "Acks leave; batches stay: 3,141 of them!",
]
FRAMES = [("", ""), ("query: ", ""), ("Passage ", "</s>"), ("", " Answer:"), ("query:", "|end")]

for name, make in (("byte-level", byte_level), ("unigram", unigram), ("byte-fallback", byte_fallback)):
    folder = TARGET / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    cases = [
        {
            "text": text,
            "prefix": prefix,
            "suffix": suffix,
            "ids": tokenizer.encode(prefix + text + suffix, add_special_tokens=True).ids,
        }
        for text in TEXTS
        for prefix, suffix in FRAMES
    ]
    (folder / "expected.json").write_text(json.dumps(cases) + "\n", encoding="utf-8")
    print(name, tokenizer.get_vocab_size(), len(cases))
