#!/usr/bin/env python3
"""Compares what hfsutils finds on an HFS volume with what `shoeshine disk` finds there.

    python3 tests/oracles/volume.py SHOESHINE IMAGE

Listing and content of every file: lengths, both forks, type, creator and flags, dates. The image is copied first, for
hfsutils writes to what it mounts. The volume's structure goes through the checker of the 68k File Manager's tests.

Exit codes: 0 they agree, 1 they do not.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import macfiles

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../roms-free-stubs/tests/files"))
import hfs_check  # noqa: E402

ENTRY = re.compile(rb"([fFd])[i ] (?:(?:....)/(?:....) +(\d+) +(\d+)| *\d+ items? *) +\w{3} +\d+ +[\d:]+ (.*)", re.DOTALL)


def ask(*command):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}: {command}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def escape(path):
    """A path that hfsutils does not take for a pattern."""
    return re.sub(rb"([*?\[\]{}\\])", rb"\\\1", path)


def listing():
    """Lengths of data and resource fork of the files on the mounted volume, by path, from `hls -laNR`."""
    files, folder = {}, b":"
    for line in ask("hls", "-laNR").split(b"\n"):
        if line.startswith(b":") and line.endswith(b":"):
            folder = line
        elif line:
            entry = ENTRY.fullmatch(line)
            assert entry, f"what is {line!r}?"
            if entry[1] != b"d":
                files[folder + entry[4]] = (int(entry[3]), int(entry[2]))
    return files


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    shoeshine, image = sys.argv[1:]
    problems = []
    listed = json.loads(ask(shoeshine, "disk", "ls", image, "--json"))
    ours = {b":" + entry["path"].encode("mac_roman"): (entry["data"], entry["resource"]) for entry in listed["files"]}
    with open(image, "rb") as file:
        structure = hfs_check.Volume(file.read())
    if structure.files != len(ours):
        problems.append(f"{structure.files} files in the master directory block, {len(ours)} in our list")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HOME"] = scratch  # where hfsutils remembers what is mounted
        copy = os.path.join(scratch, "volume")
        shutil.copyfile(image, copy)
        ask("hmount", copy)
        theirs = listing()
        for path in sorted(set(ours) ^ set(theirs)):
            problems.append(f"{path!r}: only {'Shoeshine' if path in ours else 'hfsutils'} lists it")
        for number, path in enumerate(sorted(set(ours) & set(theirs))):
            if ours[path] != theirs[path]:
                problems.append(f"{path!r}: {ours[path]} for Shoeshine, {theirs[path]} for hfsutils")
            outside = os.path.join(scratch, "outside")
            ask("hcopy", "-m", escape(path), outside)
            with open(outside, "rb") as file:
                _, witnessed = macfiles.read_macbinary(file.read())
            folder = os.path.join(scratch, f"{number}")
            ask(shoeshine, "disk", "get", image, path[1:].decode("mac_roman"), folder)
            got = macfiles.read_folder(folder)
            assert len(got) == 1, got
            ((name,), file), = got.items()
            wanted = macfiles.host_name(path.rsplit(b":", 1)[1])
            if name != wanted:
                problems.append(f"{path!r}: called {name!r} on the host, not {wanted!r}")
            # hfsutils keeps type, creator and flags.
            for what in file.differences(witnessed, finder=10):
                problems.append(f"{path!r}: {what}")
        ask("humount")
    for problem in problems[:20]:
        print(f"{image}: {problem}", file=sys.stderr)
    print(
        f"{image}: {len(ours)} files, {structure.dirs} folders, catalogue of depth {structure.catalog.depth}, "
        f"{len(problems)} differences"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
