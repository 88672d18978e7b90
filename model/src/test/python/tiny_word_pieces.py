"""The WordPiece tokenizer of tiny BERTs, and the texts that their fixtures read."""

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = [
    "The mill race turns the water wheel.",
    "bread bread bread, and a bakers oven",
    "",
    "stone [SEP] grain [MASK]?",
    "the wooden table " * 20,
    "xylophone",
]


def tokenizer(terms, length):
    """Of the control tokens and then the terms, in their order."""
    vocabulary = {term: i for i, term in enumerate(SPECIAL + terms)}
    inner = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=length,
    )
