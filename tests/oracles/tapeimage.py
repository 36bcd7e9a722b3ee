#!/usr/bin/env python3
"""Reads and writes tape images in SIMH, E11 and AWS format, from the published descriptions alone.

    python3 tests/oracles/tapeimage.py convert FORMAT IMAGE FORMAT OUT
    python3 tests/oracles/tapeimage.py pack FILE RECORD FORMAT OUT      a file as records of RECORD bytes, and two tape marks
    python3 tests/oracles/tapeimage.py unpack FORMAT IMAGE OUT          the records up to the first tape mark
    python3 tests/oracles/tapeimage.py sample SEED FORMAT OUT           records of any length, in AWS some in several blocks

FORMAT is tap, e11 or aws. Exit codes: 0 done, 1 the image is damaged, 2 wrong use.
"""

import random
import struct
import sys

MARK = None


def read_simh(image, padded):
    """A list of records and marks."""
    found, at = [], 0
    while at < len(image):
        (word,) = struct.unpack_from("<I", image, at)
        at += 4
        if word == 0xFFFFFFFF:
            break
        if word == 0:
            found.append(MARK)
        elif word != 0xFFFFFFFE:
            if word >> 28:
                raise ValueError(f"class {word >> 28} at {at - 4:#x}")
            found.append(image[at : at + word])
            at += word + (word % 2 if padded else 0)
            (behind,) = struct.unpack_from("<I", image, at)
            if behind != word:
                raise ValueError(f"{word:#x} and {behind:#x} at {at:#x}")
            at += 4
    return found


def read_aws(image):
    found, at, current, last = [], 0, b"", 0
    while at < len(image):
        length, before, flags = struct.unpack_from("<HHB", image, at)
        if before != last:
            raise ValueError(f"the block before {at:#x} has {last} bytes, not {before}")
        at, last = at + 6, length
        if flags & 0x40:
            found.append(MARK)
            continue
        current = (b"" if flags & 0x80 else current) + image[at : at + length]
        at += length
        if flags & 0x20:
            found.append(current)
    return found


def write_simh(tape, padded):
    out = []
    for record in tape:
        if record is MARK:
            out.append(bytes(4))
        else:
            word = struct.pack("<I", len(record))
            out += [word, record, bytes(len(record) % 2 if padded else 0), word]
    return b"".join(out) + b"\xff\xff\xff\xff"


def write_aws(tape, most=65535):
    out, last = [], 0
    for record in tape:
        parts = [b""] if record is MARK else [record[at : at + most] for at in range(0, len(record), most)]
        for number, part in enumerate(parts):
            flags = 0x40 if record is MARK else (0x80 if number == 0 else 0) | (0x20 if number == len(parts) - 1 else 0)
            out += [struct.pack("<HHBB", len(part), last, flags, 0), part]
            last = len(part)
    return b"".join(out)


READ = {"tap": lambda image: read_simh(image, True), "e11": lambda image: read_simh(image, False), "aws": read_aws}
WRITE = {"tap": lambda tape: write_simh(tape, True), "e11": lambda tape: write_simh(tape, False), "aws": lambda tape: write_aws(tape, 4000)}


def content(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) == 5 and arguments[0] == "convert":
        out = WRITE[arguments[3]](READ[arguments[1]](content(arguments[2])))
    elif len(arguments) == 5 and arguments[0] == "pack":
        data, size = content(arguments[1]), int(arguments[2])
        out = WRITE[arguments[3]]([data[at : at + size] for at in range(0, len(data), size)] + [MARK, MARK])
    elif len(arguments) == 4 and arguments[0] == "unpack":
        tape = READ[arguments[1]](content(arguments[2]))
        out = b"".join(tape[: tape.index(MARK)])
    elif len(arguments) == 4 and arguments[0] == "sample":
        stream, tape = random.Random(int(arguments[1])), []
        for _ in range(200):
            tape.append(MARK if stream.random() < 0.1 else stream.randbytes(stream.choice((1, 2, 3, 80, 511, 512, 10240, 70001))))
        out = WRITE[arguments[2]](tape)
    else:
        sys.exit(__doc__)
    with open(arguments[-1], "wb") as file:
        file.write(out)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (KeyError, SystemExit) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except (ValueError, struct.error) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
