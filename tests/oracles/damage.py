#!/usr/bin/env python3
"""Damages a backup tape the way drives and hosts do.

    python3 tests/oracles/damage.py IMAGE OUT SEED

One to four times: bytes are lost within a transfer and filler takes their place at its end, bytes change, blocks are lost, come
twice, or come a second time later, or the tape ends early. The same seed makes the same damage.
"""

import random
import struct
import sys

import mtdump

BLOCK = 512


def damage(blocks, stream):
    """Does one thing to the blocks."""
    at = stream.randrange(len(blocks))
    count = min(stream.choice((1, 2, 7, 64)), len(blocks) - at)
    what = stream.choice(("lose bytes", "change bytes", "lose blocks", "repeat", "repeat later", "end"))
    piece = b"".join(blocks[at : at + count])
    if what == "lose bytes":
        place, length = stream.randrange(len(piece)), stream.choice((1, 2, 500, 512, 1000))
        lost = piece[place : place + length]
        piece = piece[:place] + piece[place + length :] + b"\0" * len(lost)
    elif what == "change bytes":
        place = stream.randrange(len(piece))
        piece = piece[:place] + bytes([piece[place] ^ 1 << stream.randrange(8)]) + piece[place + 1 :]
    elif what == "lose blocks":
        piece = b""
    elif what == "repeat":
        piece += piece
    elif what == "end" and len(blocks) > 20:
        del blocks[max(at, 10) :]
        return what
    changed = [piece[place : place + BLOCK] for place in range(0, len(piece), BLOCK)]
    if what == "repeat later":
        later = stream.randrange(at + count, len(blocks) + 1)
        blocks[later:later] = changed
    else:
        blocks[at : at + count] = changed
    return what


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    image, out, seed = sys.argv[1:]
    stream = random.Random(int(seed))
    with open(image, "rb") as file:
        blocks = [data for _, kind, _, data in mtdump.objects(file.read()) if kind == "record"]
    done = [damage(blocks, stream) for _ in range(stream.randint(1, 4))]
    length = struct.pack("<I", BLOCK)
    with open(out, "wb") as file:
        file.write(b"".join(length + block + length for block in blocks) + bytes(8) + struct.pack("<I", mtdump.END_OF_MEDIUM))
    print(f"seed {seed}: {', '.join(done)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
