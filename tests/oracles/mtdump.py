#!/usr/bin/env python3
"""Lists what is on a SIMH magnetic tape image (.tap).

Written from the published format alone (SIMH Magtape Representation and Handling, standard and extended), so that it can
bear witness against the images that Shoeshine writes. It needs Python 3.8 and nothing else.

    python3 tests/oracles/mtdump.py [--strict] [--objects] IMAGE..

For each file on the tape it prints the number of records, their lengths, bytes and SHA-256 of the data; with --objects also every
object with its offset. --strict accepts only what Shoeshine promises to write: records of classes 0 and 8, tape marks,
erase gaps, and an end of medium at the very end.

Exit codes: 0 the image is sound, 1 it is damaged (or not strict), 2 wrong use.
"""

import argparse
import hashlib
import struct
import sys

END_OF_MEDIUM = 0xFFFFFFFF
ERASE_GAP = 0xFFFFFFFE
HALF_GAP = 0xFFFEFFFF


class Damaged(Exception):
    """The image cannot be read further."""


def objects(image):
    """Yields (offset, kind, class, data) for each object: kind is record, mark, gap, end, marker."""
    offset = 0
    while offset < len(image):
        if offset + 4 > len(image):
            raise Damaged(f"offset {offset:#x}: the file ends within a length word")
        (word,) = struct.unpack_from("<I", image, offset)
        kind = word >> 28
        if word == END_OF_MEDIUM:
            yield offset, "end", kind, b""
            return
        if word == HALF_GAP:
            offset += 2
        elif word == ERASE_GAP:
            yield offset, "gap", kind, b""
            offset += 4
        elif word == 0:
            yield offset, "mark", kind, b""
            offset += 4
        elif kind in (7, 15):
            yield offset, "marker", kind, b""
            offset += 4
        else:
            length = word & 0x0FFFFFFF
            behind = offset + 4 + length + length % 2
            if behind + 4 > len(image):
                raise Damaged(f"offset {offset:#x}: the file ends within a record of {length} bytes")
            (trailer,) = struct.unpack_from("<I", image, behind)
            if trailer != word:
                raise Damaged(f"offset {offset:#x}: {word:#010x} before the data, {trailer:#010x} behind them")
            yield offset, "record", kind, image[offset + 4 : offset + 4 + length]
            offset = behind + 4


class File:
    """What lies between two tape marks."""

    def __init__(self):
        self.records, self.bad, self.size, self.lengths, self.digest = 0, 0, 0, set(), hashlib.sha256()

    def add(self, data, bad):
        self.records += 1
        self.bad += bad
        self.size += len(data)
        self.lengths.add(len(data))
        self.digest.update(data)

    def __str__(self):
        lengths = ",".join(str(length) for length in sorted(self.lengths)) or "-"
        return (
            f"{self.records} records of {lengths} bytes, {self.bad} bad, "
            f"{self.size} bytes, sha256 {self.digest.hexdigest()}"
        )


def dump(path, strict, list_objects):
    """Prints what is on the tape; returns True when it is sound."""
    with open(path, "rb") as file:
        image = file.read()
    current, number, gaps, ended, problems = File(), 0, 0, None, []
    try:
        for offset, kind, group, data in objects(image):
            if list_objects:
                print(f"{offset:#010x} {kind} class {group} {len(data)}")
            if kind == "record" and group in (0, 8):
                current.add(data, group == 8)
            elif kind == "mark":
                print(f"{path}: file {number}: {current}")
                current, number = File(), number + 1
            elif kind == "gap":
                gaps += 1
            elif kind == "end":
                ended = offset
            elif strict:
                problems.append(f"offset {offset:#x}: a {kind} of class {group}")
    except Damaged as error:
        problems.append(str(error))
    if current.records:
        print(f"{path}: file {number}, without a tape mark: {current}")
    print(f"{path}: {number} tape marks, {gaps} gaps")
    if strict and ended is None:
        problems.append("no end of medium")
    if strict and ended is not None and ended + 4 != len(image):
        problems.append(f"{len(image) - ended - 4} bytes behind the end of medium")
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("images", metavar="IMAGE", nargs="+")
    parser.add_argument("--strict", action="store_true", help="accept only what Shoeshine writes")
    parser.add_argument("--objects", action="store_true", help="list every object")
    arguments = parser.parse_args()
    try:
        sound = [dump(path, arguments.strict, arguments.objects) for path in arguments.images]
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
