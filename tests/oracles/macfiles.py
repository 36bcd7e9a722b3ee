"""Macintosh files outside a Macintosh: folders with AppleDouble headers, MacBinary files, and a folder of awkward samples.

Written from RFC 1740, the MacBinary II standard and docs, not from Shoeshine's code. As a program it makes the samples:

    python3 tests/oracles/macfiles.py DIR [--many N]
"""

import argparse
import os
import random
import struct
import sys
from dataclasses import dataclass

UNKNOWN = b"????????" + bytes(24)  # Finder information of a file that came without any
EPOCH_1970 = 2_082_844_800  # from 1904
EPOCH_2000 = 3_029_529_600  # from 1904
RESOURCE_FORK, FILE_DATES, FINDER_INFO = 2, 8, 9


@dataclass
class MacFile:
    """Both forks and what a catalogue knows of a file."""

    data: bytes = b""
    resource: bytes = b""
    finder: bytes = UNKNOWN
    created: int = 0
    modified: int = 0

    def differences(self, other, finder=32):
        """What differs, in words; of the Finder information only the first bytes may be known."""
        found = []
        if self.data != other.data:
            found.append(f"data forks ({len(self.data)} and {len(other.data)} bytes)")
        if self.resource != other.resource:
            found.append(f"resource forks ({len(self.resource)} and {len(other.resource)} bytes)")
        if self.finder[:finder] != other.finder[:finder]:
            found.append(f"Finder information ({self.finder[:finder].hex()} and {other.finder[:finder].hex()})")
        if self.modified != other.modified:
            found.append(f"modification dates ({self.modified} and {other.modified})")
        return found


def host_name(name):
    """A Macintosh name (MacRoman bytes) on a host: a slash there is a colon here."""
    return name.decode("mac_roman").replace("/", ":")


def read_header(raw):
    """The entries of an AppleDouble header file."""
    magic, version, entries = struct.unpack_from(">II16xH", raw)
    assert (magic, version) == (0x00051607, 0x00020000), f"not AppleDouble version 2: {magic:#x}, {version:#x}"
    found = {}
    for number in range(entries):
        kind, place, length = struct.unpack_from(">III", raw, 26 + 12 * number)
        assert place + length <= len(raw), f"entry {kind} ends behind the file"
        found[kind] = raw[place : place + length]
    return found


def header(resource, finder):
    """An AppleDouble header file."""
    table = struct.pack(">II16xH", 0x00051607, 0x00020000, 2)
    table += struct.pack(">III", FINDER_INFO, 50, 32) + struct.pack(">III", RESOURCE_FORK, 82, len(resource))
    return table + finder + resource


def read_file(path):
    """A file of the host with its header."""
    with open(path, "rb") as file:
        found = MacFile(file.read(), modified=int(os.stat(path).st_mtime) + EPOCH_1970)
    folder, name = os.path.split(path)
    beside = os.path.join(folder, "._" + name)
    if os.path.exists(beside):
        with open(beside, "rb") as file:
            entries = read_header(file.read())
        found.resource = entries.get(RESOURCE_FORK, b"")
        found.finder = entries.get(FINDER_INFO, UNKNOWN)
        if FILE_DATES in entries:
            found.created, modified = ((date + EPOCH_2000) % 2**32 for date in struct.unpack_from(">II", entries[FILE_DATES]))
            assert modified == found.modified, f"{path}: the header says modified {modified}, the host {found.modified}"
    return found


def read_folder(root):
    """Every file below a folder of the host, by its path from there: a tuple of names."""
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            if name.startswith("._") and name[2:] in names:
                continue
            path = os.path.join(folder, name)
            files[tuple(os.path.relpath(path, root).split(os.sep))] = read_file(path)
    return files


def write_file(path, file):
    """The reverse of read_file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    folder, name = os.path.split(path)
    if file.resource or file.finder != UNKNOWN:
        with open(os.path.join(folder, "._" + name), "wb") as beside:
            beside.write(header(file.resource, file.finder))
    with open(path, "wb") as data:
        data.write(file.data)
    os.utime(path, (file.modified - EPOCH_1970,) * 2)


def read_macbinary(raw):
    """Name and file of a MacBinary II file; of the Finder information the first 16 bytes."""
    length = raw[1]
    assert raw[0] == 0 and raw[74] == 0 and raw[82] == 0 and 1 <= length <= 63, "not a MacBinary file"
    data, resource, created, modified = struct.unpack_from(">IIII", raw, 83)
    behind = 128 + (data + 127) // 128 * 128
    finder = raw[65:73] + raw[73:74] + raw[101:102] + raw[75:81]
    return raw[2 : 2 + length], MacFile(raw[128 : 128 + data], raw[behind : behind + resource], finder, created, modified)


def samples(many):
    """Lengths at the edges of blocks and pieces, both forks, and names that a host or a shell finds hard."""
    stream = random.Random(1904)
    date = EPOCH_2000 - 100_000_000
    lengths = (0, 1, 511, 512, 513, 1024, 65_535, 65_536, 65_537, 200_001)
    for number, length in enumerate(lengths):
        yield (f"{length} bytes",), MacFile(stream.randbytes(length), modified=date + number)
    odd = MacFile(b"odd\r", finder=b"TEXTttxt" + bytes(24), modified=date + 50)
    for name in ("Résumé für Zoë", "x:y", "$HOME; `x` *?[a]{b}\\", "' \"quoted\"", ".hidden", "-lR", "a" * 31, " blank ", "é" * 31):
        yield ("Names", name), odd
    for number, (data, resource) in enumerate([(0, 1), (0, 70_000), (513, 512), (66_000, 66_001)]):
        finder = b"APPL" + b"tst%d" % number + bytes([0, 0, 0, 33, 0, 44, 0, 0]) + bytes(16)
        file = MacFile(stream.randbytes(data), stream.randbytes(resource), finder, modified=date + 100 + number)
        yield ("Forks", f"fork {number}"), file
    yield ("A", "B", "C", "D", "E", "F", "deep"), MacFile(b"deep", modified=date)
    # Contents that look like the tape's own headers and must not be taken for them.
    yield ("RBAK",), MacFile((b"RBAK\0\1\0\4" + bytes(504)) * 5, modified=date)
    for number in range(many):
        yield ("Many", f"{number % 7}", f"File number {number}"), MacFile(b"%d" % number, modified=date + number)


def main():
    parser = argparse.ArgumentParser(description="Makes a folder of awkward sample files.")
    parser.add_argument("dir", metavar="DIR")
    parser.add_argument("--many", metavar="N", type=int, default=0, help="and N small files")
    arguments = parser.parse_args()
    for path, file in samples(arguments.many):
        write_file(os.path.join(arguments.dir, *path), file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
