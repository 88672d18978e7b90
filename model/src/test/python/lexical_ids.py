"""Ids of lexical terms by the rule of hybrid spaces, in integers of any size: what HybridSpaceTest expects.

Run: python3 lexical_ids.py 30522 earthquak study über 東京
"""

import sys

MASK = (1 << 64) - 1


def fnv1a64(term: str) -> int:
    value = 0xCBF29CE484222325
    for byte in term.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def fmix64(value: int) -> int:
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    return value ^ (value >> 33)


if __name__ == "__main__":
    first = int(sys.argv[1])
    for term in sys.argv[2:]:
        print(term, first + fmix64(fnv1a64(term)) % ((1 << 32) - first))
