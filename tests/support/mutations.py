"""Damaged copies of a file, from a seeded generator."""

import random
from collections.abc import Iterator


def mutations(whole: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield `count` copies with flipped bits, or parts cut, added, repeated or overwritten.

    Half of the damage is in the first kilobyte, where the headers are.
    """
    draw = random.Random(seed)
    for _ in range(count):
        data = bytearray(whole)
        at = draw.randrange(min(len(data), draw.choice([1000, len(data)])))
        match draw.randrange(6):
            case 0:
                for _ in range(draw.choice([1, 1, 8, 64])):
                    data[min(at + draw.randrange(64), len(data) - 1)] ^= 1 << draw.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data += draw.randbytes(draw.choice([1, 8, 1000]))
            case 3:
                data[at:at] = data[at : at + draw.choice([1, 16, 500])]
            case 4:
                del data[at : at + draw.choice([1, 4, 100])]
            case _:
                size = draw.choice([1, 4, 8, 100])
                data[at : at + size] = draw.choice([bytes(size), b"\xff" * size, draw.randbytes(size)])
        yield bytes(data)
