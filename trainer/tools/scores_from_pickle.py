#!/usr/bin/env python3
"""Turns pickled teacher scores, {query id: {document id: score}}, into the JSON that the trainer reads.

    scores_from_pickle.py cross-encoder-ms-marco-MiniLM-L-6-v2-scores.pkl.gz scores.json.gz

The pickle is interpreted opcode by opcode, so that nothing in it is ever executed and memory holds some thousand queries
at a time (a plain pickle.load of that file takes tens of GB). Scores may be Python's floats or ints, or NumPy's float32 or
float64. Needs Python 3.8 or later and no packages. Writes the output under another name first and renames it at the end.
"""
import gzip
import json
import math
import os
import pickletools
import struct
import sys

MARK = object()
PLAIN = {
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "INT", "LONG", "BINFLOAT", "FLOAT", "NONE", "NEWTRUE", "NEWFALSE",
    "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8",
    "SHORT_BINSTRING", "BINSTRING",
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
GLOBALS = {
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"), ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class Global:
    def __init__(self, module, name):
        self.module, self.name = module, name


class Dtype:
    """A NumPy type of numbers, f4 or f8, little-endian unless its state says otherwise."""

    def __init__(self, code):
        if code not in ("f4", "f8"):
            raise ValueError(f"scores are NumPy's {code}; only float32 and float64 are supported")
        self.code, self.order = code, "<"

    def value(self, data):
        return struct.unpack(self.order + {"f4": "f", "f8": "d"}[self.code], data)[0]


def reduce(function, arguments):
    if (function.module, function.name) == ("numpy", "dtype"):
        return Dtype(arguments[0])
    if function.name == "scalar":
        return arguments[0].value(arguments[1])
    return arguments[0].encode(arguments[1])  # _codecs.encode: bytes in protocol 2


def queries(stream):
    """Yields (query id, {document id: score}) in the order of the file."""
    stack, memo, root = [], {}, None
    for opcode, argument, position in pickletools.genops(stream):
        name = opcode.name
        if name in PLAIN:
            stack.append(CONSTANTS.get(name, argument))
        elif name in ("PROTO", "FRAME"):
            pass
        elif name == "EMPTY_DICT":
            stack.append({})
            root = stack[-1] if root is None else root
        elif name == "DICT":
            items = pop_marked(stack)
            stack.append(dict(zip(items[::2], items[1::2])))
            root = stack[-1] if root is None else root
        elif name == "MARK":
            stack.append(MARK)
        elif name == "MEMOIZE":
            remember(memo, len(memo), stack[-1])
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            remember(memo, int(argument), stack[-1])
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(argument)])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            if name == "GLOBAL":
                module, attribute = argument.split(" ")
            else:
                attribute, module = stack.pop(), stack.pop()
            if (module, attribute) not in GLOBALS:
                raise ValueError(f"byte {position}: the pickle names {module}.{attribute}, which scores have no use for")
            stack.append(Global(module, attribute))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            items = stack[-count:]
            del stack[-count:]
            stack.append(tuple(items))
        elif name == "EMPTY_TUPLE":
            stack.append(())
        elif name == "TUPLE":
            stack.append(tuple(pop_marked(stack)))
        elif name == "REDUCE":
            arguments, function = stack.pop(), stack.pop()
            stack.append(reduce(function, arguments))
        elif name == "BUILD":
            state = stack.pop()
            if isinstance(stack[-1], Dtype) and state[1] in ("<", ">"):
                stack[-1].order = state[1]
        elif name in ("SETITEMS", "SETITEM"):
            if name == "SETITEMS":
                items = pop_marked(stack)
            else:
                items = stack[-2:]
                del stack[-2:]
            pairs = zip(items[::2], items[1::2])
            if stack[-1] is root:
                yield from pairs
            else:
                stack[-1].update(pairs)
        elif name == "STOP":
            return
        else:
            raise ValueError(f"byte {position}: the pickle has the opcode {name}, which scores have no use for")


def remember(memo, place, value):
    """Dictionaries are memorised by every pickle and never asked for; keeping them would keep all scores."""
    memo[place] = None if isinstance(value, dict) else value


def pop_marked(stack):
    place = len(stack) - 1
    while stack[place] is not MARK:
        place -= 1
    items = stack[place + 1:]
    del stack[place:]
    return items


def checked(query, scores):
    if not isinstance(scores, dict):
        raise ValueError(f"query {query}: there must be a dictionary of scores, but there is {type(scores).__name__}")
    for document, score in scores.items():
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not math.isfinite(score):
            raise ValueError(f"query {query}, document {document}: the score must be a finite number, but is {score!r}")
    return {str(document): score for document, score in scores.items()}


def opened(path, mode):
    return gzip.open(path, mode) if path.endswith(".gz") else open(path, mode)


def main(source, target):
    unfinished = target + ".unfinished" + (".gz" if target.endswith(".gz") else "")
    count = 0
    with opened(source, "rb") as stream, opened(unfinished, "wb") as out:
        out.write(b"{")
        for query, scores in queries(stream):
            line = json.dumps(str(query)) + ": " + json.dumps(checked(query, scores), separators=(",", ":"))
            out.write((",\n" if count else "\n").encode() + line.encode())
            count += 1
        out.write(b"\n}\n")
    if not count:
        os.remove(unfinished)
        raise ValueError("the pickle holds no scores")
    os.replace(unfinished, target)
    print(f"{count} queries written to {target}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except (ValueError, EOFError, OSError) as problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
