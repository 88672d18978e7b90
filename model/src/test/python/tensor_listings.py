"""Lists the tensors that transformers gives a model of each configuration in src/test/resources/configs, without weights.

A listing stands beside its configuration as NAME.tensors. Its first line is the number of parameters; each further one is
a name and its extents, or a name, "=", and the name whose parameter it shares. A layer's number is written as the range
of layers that have such a tensor, {0-11}; other numbers in a name are left as they are.

  python src/test/python/tensor_listings.py          from the folder of this module
"""

import collections
import pathlib
import re

import torch
import transformers

CONFIGS = pathlib.Path(__file__).parent.parent / "resources" / "configs"
LAYER = re.compile(r"\.(layers?|block)\.(\d+)\.")


def tensors(config, tied):
    """(name, extents or the name of the same parameter), in the order of the model. tied: what the file says, True if not."""
    transformers.utils.logging.set_verbosity_error()
    architecture = getattr(transformers, config.architectures[0])
    with torch.device("meta"):
        model = architecture(config)
    model.tie_weights()
    if config.model_type == "t5" and not tied:
        # transformers 5 ties every T5 it makes anew; a checkpoint that brings its own projection keeps it.
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight, device="meta"))
    first = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        # The checkpoint keeps the shared parameter under the name that transformers ties others to.
        first.setdefault(id(parameter), []).append(name)
    sources = set((model.all_tied_weights_keys or {}).values())
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names = first[id(parameter)]
        kept = next((other for other in names if other in sources), names[0])
        yield name, tuple(parameter.shape) if name == kept else kept


def collapsed(listing):
    """Lines, those of consecutive layers as one."""
    patterns = collections.OrderedDict()
    for name, what in listing:
        match = LAYER.search(name)
        pattern = name if match is None else name[: match.start(2)] + "#" + name[match.end(2) :]
        patterns.setdefault((pattern, what), []).append(-1 if match is None else int(match.group(2)))
    for (pattern, what), layers in patterns.items():
        assert layers == list(range(layers[0], layers[0] + len(layers))), pattern
        number = str(layers[0]) if len(layers) == 1 else f"{{{layers[0]}-{layers[-1]}}}"
        extents = f"= {what}" if isinstance(what, str) else " ".join(map(str, what))
        yield f"{pattern.replace('#', number)} {extents}"


def main():
    for file in sorted(CONFIGS.glob("*.json")):
        # Read as transformers reads a checkpoint's own, from a folder of the name config.json.
        values = transformers.PreTrainedConfig.get_config_dict(file)[0]
        config = transformers.AutoConfig.for_model(**values)
        listing = list(tensors(config, values.get("tie_word_embeddings", True)))
        parameters = sum(torch.Size(what).numel() for _, what in listing if not isinstance(what, str))
        lines = [f"parameters {parameters}", *collapsed(listing)]
        file.with_suffix(".tensors").write_text("\n".join(lines) + "\n")
        print(f"{file.stem}: {len(lines) - 1} lines, {len(listing)} tensors, {parameters:,} parameters")


if __name__ == "__main__":
    main()
