#!/usr/bin/env python3
"""Reads backup tapes: docs/tape-format.md in Python, written from that page alone.

    python3 tests/oracles/archive.py IMAGE [--strict] [--json] [--extract DIR] [--against DIR] [--shoeshine PROGRAM]

--strict     also what a reader can forgive: order, numbering, padding, unused bytes, counts
--against    every file of this folder is on the tape, byte for byte, and nothing else but the System Folder and the log
--shoeshine  `tape ls --json` of this program lists the same files, the same ones intact, and finds the same lost records;
             `tape extract` gives the same files

Exit codes: 0 all is well, 1 it is not, 2 wrong use. Without --shoeshine a damaged tape counts as not well.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

import macfiles
import mtdump

BLOCK = 512
START, FOLDER, FILE, DATA, FILE_END, END = range(1, 7)


def rotate_add(data):
    """The rotate-add sum."""
    total = 0
    data += bytes(-len(data) % 4)
    for at in range(0, len(data), 4):
        total = (((total << 1 | total >> 31) & 0xFFFFFFFF) + int.from_bytes(data[at : at + 4], "big")) & 0xFFFFFFFF
    return total


def long(block, at):
    return int.from_bytes(block[at : at + 4], "big")


def word(block, at):
    return int.from_bytes(block[at : at + 2], "big")


def string(block, at):
    return block[at + 1 : at + 1 + min(block[at], 31)]


class Record:
    """A header block with the data behind it."""

    def __init__(self, place, block):
        self.place, self.block = place, block
        self.kind, self.session, self.sequence = word(block, 6), long(block, 8), long(block, 12)
        self.length, self.sum, self.object = long(block, 16), long(block, 20), long(block, 24)
        self.data, self.padding, self.good = b"", b"", False

    @staticmethod
    def is_header(block):
        return block[:4] == b"RBAK" and word(block, 4) == 1 and rotate_add(block[:508]) == long(block, 508)

    def blocks(self):
        return (self.length + BLOCK - 1) // BLOCK


def records(blocks):
    """Finds the records of a session as the page's section on reading says; also yields the blocks that belong to none."""
    found, at, session, stray = [], 0, None, []
    while at < len(blocks):
        record = Record(at, blocks[at]) if Record.is_header(blocks[at]) else None
        if record and record.length <= 65_536 and session in (None, record.session):
            session = record.session
            data = b"".join(blocks[at + 1 : at + 1 + record.blocks()])
            record.data, record.padding = data[: record.length], data[record.length :]
            record.good = len(record.data) == record.length and rotate_add(record.data) == record.sum
            behind = (block for block in blocks[at + 1 :] if Record.is_header(block) and long(block, 8) == session)
            if len(record.data) < record.length and not any(behind):
                break
            found.append(record)
            at += 1 + record.blocks() if record.good else 1
        else:
            stray.append(at)
            at += 1
    return found, stray


class File:
    """A file on the tape: its header, its pieces, its end."""

    def __init__(self, header):
        block = header.block
        self.header, self.pieces, self.end = header, ([], []), None
        self.parent, self.name = long(block, 36), string(block, 94)
        self.lengths = long(block, 84), long(block, 88)
        self.path = None

    def fork(self, which):
        """A fork with zeros where pieces are missing, and whether it is whole."""
        content, whole, sums = b"", True, b""
        for record in self.pieces[which]:
            offset = long(record.block, 36)
            whole &= record.good and offset == len(content)
            content = content[:offset].ljust(offset, b"\0") + record.data
            sums += record.block[20:24]
        whole &= self.end is not None and long(self.end.block, 32 + 4 * which) == len(content)
        whole &= self.end is not None and long(self.end.block, 40 + 4 * which) == rotate_add(sums)
        return content, whole and len(content) == self.lengths[which]

    def read(self):
        """As a Macintosh file, and whether the tape has all of it."""
        block = self.header.block
        (data, data_whole), (resource, resource_whole) = self.fork(0), self.fork(1)
        file = macfiles.MacFile(data, resource, block[52:84], long(block, 40), long(block, 44))
        complete = self.end is not None and word(self.end.block, 48) == 0
        return file, data_whole and resource_whole and complete and self.header.good


class Session:
    """What lies between two filemarks."""

    def __init__(self, blocks):
        self.found, self.stray = records(blocks)
        # The first good record of a sequence number counts; a bad one only without a good one.
        chosen = {}
        for record in sorted(self.found, key=lambda record: (not record.good, record.place)):
            chosen.setdefault(record.sequence, record)
        self.records = [chosen[sequence] for sequence in sorted(chosen)]
        self.bad = [record for record in self.records if not record.good]
        last = self.records[-1].sequence if self.records else -1
        self.missing = [number for number in range(last + 1) if number not in chosen]
        self.folders, self.files, self.volume, self.end = {}, {}, b"", None
        for record in self.records:
            if record.kind == START:
                self.volume = string(record.block, 32)
            elif record.kind == FOLDER:
                self.folders[long(record.block, 32)] = long(record.block, 36), string(record.block, 94)
            elif record.kind == FILE:
                self.files[record.object] = File(record)
            elif record.kind == DATA and record.object in self.files:
                self.files[record.object].pieces[word(record.block, 32) & 1].append(record)
            elif record.kind == FILE_END and record.object in self.files:
                self.files[record.object].end = record
            elif record.kind == END:
                self.end = record
        for file in self.files.values():
            file.path = (*self.folder_path(file.parent), file.name)

    def folder_path(self, ident):
        """Names from the volume's root down to a folder, built from the ids; the root itself is the volume."""
        names = []
        while ident in self.folders and ident != 2 and len(names) < 100:
            ident, name = self.folders[ident]
            names.insert(0, name)
        return tuple(names)

    def strict(self):
        """Words about everything that the page asks of a session without damage."""
        kinds = [record.kind for record in self.found]
        if self.stray:
            yield f"{len(self.stray)} blocks belong to no record, the first is block {self.stray[0]}"
        if [record.sequence for record in self.found] != list(range(len(self.found))):
            yield "sequence numbers are not 0, 1, 2.."
        if kinds.count(START) != 1 or kinds[0] != START or kinds.count(END) != 1 or kinds[-1] != END:
            yield "not one session start at the beginning and one session end at the end"
        objects, known, current, data_records = 0, set(), None, 0
        for record in self.found:
            where, block = f"block {record.place}, kind {record.kind}", record.block
            used = {START: 108, FOLDER: 128 + word(block, 126), FILE: 128 + word(block, 126), DATA: 40, FILE_END: 56, END: 56}
            if record.kind not in used:
                yield f"{where}: no such kind"
                continue
            if any(block[used[record.kind] : 508]) or any(block[28:32]):
                yield f"{where}: unused bytes are not 0"
            if any(record.padding):
                yield f"{where}: the last block is not padded with zeros"
            if record.kind != DATA and (record.length or record.sum):
                yield f"{where}: has data"
            if record.kind in (START, END) and record.object:
                yield f"{where}: belongs to object {record.object}"
            if record.kind in (FOLDER, FILE):
                objects += 1
                if record.object != objects:
                    yield f"{where}: object {record.object}, should be {objects}"
                if current:
                    yield f"{where}: the file before it has no end"
                parent, name = long(block, 36), string(block, 94)
                if known and parent not in known:
                    yield f"{where}: its parent {parent} has not come yet"
                if not name or b":" in name or any(block[95 + block[94] : 126]):
                    yield f"{where}: the name {name!r} is none"
                names = (self.volume, *self.folder_path(parent), *(() if parent == 1 else (name,)))
                path = block[128 : 128 + word(block, 126)]
                if path != b":".join(names) and (path or len(b":".join(names)) <= 376):
                    yield f"{where}: path {path!r}, by the ids {b':'.join(names)!r}"
                if word(block, 92) & 0xFF:
                    yield f"{where}: low byte of the attributes"
                if record.kind == FOLDER:
                    known.add(long(block, 32))
                    if any(block[84:92]):
                        yield f"{where}: a folder with forks"
                else:
                    current, data_records, position = record.object, 0, (0, 0)
            if record.kind in (DATA, FILE_END) and record.object != current:
                yield f"{where}: object {record.object} within {current}"
            if record.kind == DATA:
                data_records += 1
                fork, offset = word(block, 32), long(block, 36)
                if (fork, offset) != position and (fork, offset, position[0]) != (1, 0, 0):
                    yield f"{where}: fork {fork} offset {offset} follows {position}"
                if offset % BLOCK or not record.length or word(block, 34):
                    yield f"{where}: a piece of {record.length} bytes at {offset}"
                position = fork, offset + record.length
            if record.kind == FILE_END:
                file, current = self.files[record.object], None
                if long(block, 52) != data_records or word(block, 50):
                    yield f"{where}: {long(block, 52)} data records, {data_records} are there"
                if not file.read()[1] and not word(block, 48):
                    yield f"{where}: {file.path} is not whole"
        if self.end:
            counts = [long(self.end.block, at) for at in (32, 36, 40, 44, 48)]
            size = sum(len(record.data) for record in self.found)
            unreadable = sum(file.end is not None and word(file.end.block, 48) != 0 for file in self.files.values())
            wanted = [len(self.files), len(self.folders), size, len(self.found), unreadable]
            if counts != wanted:
                yield f"the session end says {counts} files, folders, bytes, records, unreadable; the tape has {wanted}"


def sessions(image):
    """The sessions of a .tap image."""
    blocks, layout = [], []
    for offset, kind, group, data in mtdump.objects(image):
        if kind == "record":
            if len(data) % BLOCK and group == 0:
                raise mtdump.Damaged(f"offset {offset:#x}: a good record of {len(data)} bytes, the drive has blocks of {BLOCK}")
            data += bytes(-len(data) % BLOCK)
            blocks += [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
        elif kind == "mark":
            layout.append(len(blocks))
            if blocks:
                yield Session(blocks)
            blocks = []
    layout.append(len(blocks))
    if blocks:
        yield Session(blocks)


def host_path(path):
    return tuple(macfiles.host_name(name) for name in path)


def compare(ours, theirs, left, right):
    """Words about differences between two sets of files by path."""
    for path in sorted(set(ours) ^ set(theirs)):
        yield f"{'/'.join(path)}: only {left if path in ours else right} has it"
    for path in sorted(set(ours) & set(theirs)):
        for what in ours[path].differences(theirs[path]):
            yield f"{'/'.join(path)}: {what} differ between {left} and {right}"


def against(files, folder):
    """Words about what of a host's folder is not on the tape."""
    files = {path: file for path, file in files.items() if path[0] not in ("System Folder", "Backup Log")}
    yield from compare(files, macfiles.read_folder(folder), "the tape", folder)


def as_shoeshine(found, files, intact, program, image):
    """Words about differences with the product's own reader."""
    done = subprocess.run([program, "tape", "ls", image, "--json"], capture_output=True, check=True)
    listed = json.loads(done.stdout)["sessions"]
    if len(listed) != len(found):
        yield f"{len(found)} sessions, {len(listed)} for Shoeshine"
    for session, theirs in zip(found, listed):
        ours = collections.Counter()
        for file in session.files.values():
            content, whole = file.read()
            ours[b":".join((session.volume, *file.path)).decode("mac_roman"), len(content.data), len(content.resource), whole] += 1
        other = collections.Counter((file["path"], file["data"], file["resource"], file["intact"]) for file in theirs["files"])
        for entry in (ours - other).keys():
            yield f"{entry} here and not for Shoeshine"
        for entry in (other - ours).keys():
            yield f"{entry} for Shoeshine and not here"
        sound = not (session.bad or session.missing or session.stray) and session.end is not None
        if sound != (not theirs["defects"]):
            yield f"Shoeshine's defects: {theirs['defects']}; here: {describe(session)}"
        if (session.end is not None) != theirs["complete"]:
            yield f"Shoeshine says complete is {theirs['complete']}"
        lost = sum(int(defect["what"].split()[0]) for defect in theirs["defects"] if "records are missing" in defect["what"])
        if lost != len(session.missing):
            yield f"{len(session.missing)} records are missing, {lost} for Shoeshine"
        sums = sorted(defect["block"] - theirs["first_block"] for defect in theirs["defects"] if "disagree" in defect["what"])
        if sums != sorted(record.place for record in session.bad):
            yield f"bad records at {[record.place for record in session.bad]}, at {sums} for Shoeshine"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "tape", "extract", image, folder], capture_output=True, check=False)
        theirs = macfiles.read_folder(folder)
        # What a damaged file contains where the tape has lost it is anybody's choice.
        both = [{path: file for path, file in side.items() if intact.get(path, True)} for side in (files, theirs)]
        yield from compare(*both, "this reader", "shoeshine tape extract")


def describe(session):
    return (
        f"{len(session.found)} records, {len(session.files)} files, {len(session.folders)} folders; {len(session.bad)} bad records, "
        f"{len(session.missing)} missing, {len(session.stray)} blocks of no record, {'an' if session.end else 'no'} end"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--strict", action="store_true", help="also what a reader can forgive")
    parser.add_argument("--json", action="store_true", help="list the files as JSON")
    parser.add_argument("--extract", metavar="DIR", help="write the files here")
    parser.add_argument("--against", metavar="DIR", help="compare with this folder")
    parser.add_argument("--shoeshine", metavar="PROGRAM", help="compare with `tape ls` and `tape extract` of this program")
    arguments = parser.parse_args()
    with open(arguments.image, "rb") as file:
        found = list(sessions(file.read()))
    problems = [] if found else ["no session"]
    files, intact, listing = {}, {}, []
    for session in found:
        print(f"{arguments.image}: {session.volume.decode('mac_roman')}: {describe(session)}", file=sys.stderr)
        for file in session.files.values():
            path = host_path(file.path)
            files[path], intact[path] = file.read()
            listing.append({"path": "/".join(path), "data": len(files[path].data), "resource": len(files[path].resource), "intact": intact[path]})
        if arguments.strict:
            problems += session.strict()
        if not arguments.shoeshine and (session.bad or session.missing or session.end is None):
            problems.append("the session is damaged")
    if arguments.json:
        print(json.dumps(listing))
    if arguments.extract:
        for path, file in files.items():
            macfiles.write_file(os.path.join(arguments.extract, *path), file)
    if arguments.against:
        problems += against(files, arguments.against)
    if arguments.shoeshine:
        problems += as_shoeshine(found, files, intact, arguments.shoeshine, arguments.image)
    for problem in problems[:30]:
        print(f"{arguments.image}: {problem}", file=sys.stderr)
    print(f"{arguments.image}: {len(files)} files, {sum(map(bool, intact.values()))} intact, {len(problems)} problems", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, mtdump.Damaged) as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, OSError) else 1)
