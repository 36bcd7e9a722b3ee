#!/usr/bin/env python3
"""Which part of the emulator the host's time goes to, activity by activity: the benchmark `machine` under callgrind.

    python3 crates/mac/benches/shares.py [ACTIVITY MILLISECONDS]..

Counts instructions of the host by source file, inlined code where it was written, and sums them by chip. Needs Debian's `valgrind`.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

ACTIVITIES = [("idle", 100000), ("computing", 1000), ("VIA", 1000), ("disk", 1000), ("LocalTalk", 1000)]

# The first pattern that is found in a file's path.
PARTS = [
    ("CPU core", "m68k-"),
    ("SCC", "chips/src/scc8530"),
    ("SCSI chip", "chips/src/ncr5380"),
    ("VIA", "chips/src/via6522"),
    ("clock chip", "chips/src/rtc"),
    ("keyboard", "chips/src/keyboard"),
    ("SCSI bus, disk", "crates/scsi/"),
    ("video, RAM", "mac/src/(video|memory)"),
    ("bus, agenda", "crates/(mac|clock)/"),
    ("trace", "crates/trace/|postcard|blake3"),
]


def costs(path):
    """Instructions by pairs of source file and the file of the function into which it was inlined (callgrind's profile data format)."""
    found, names, file, home, called = collections.Counter(), {}, "?", "?", False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            position = re.match(r"(fl|fi|fe)=\((\d+)\)(?: (.*))?", line)
            if position:
                kind, number, name = position.groups()
                file = names.setdefault(number, name or "?")
                home = file if kind == "fl" else home
            elif line.startswith("calls="):
                called = True
            elif re.match(r"[-+*\d]", line):
                if not called:
                    found[file, home] += int(line.split()[1])
                called = False
    return found


def measure(activity, milliseconds, scratch):
    host = re.search("host: (.*)", subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout)[1]
    runner = f"CARGO_TARGET_{host.upper().replace('-', '_')}_RUNNER"
    out = os.path.join(scratch, "profile")
    environment = {**os.environ, runner: f"valgrind -q --tool=callgrind --callgrind-out-file={out}"}
    command = ["cargo", "bench", "-q", "-p", "mac", "--bench", "machine", "--", "--activity", activity, str(milliseconds)]
    subprocess.run(command, check=True, env=environment, cwd=os.path.dirname(os.path.abspath(__file__)))
    shares = collections.Counter()
    for files, count in costs(out).items():
        # What belongs to no part is the library's, and counts for the function that uses it.
        part = next((part for file in files for part, pattern in PARTS if re.search(pattern, file)), "library, rest")
        shares[part] += count
    total = sum(shares.values())
    print(f"{activity}: {total / milliseconds * 1000 / 1e6:.0f} million instructions of the host for an emulated second")
    for part, count in shares.most_common():
        if count * 200 >= total:
            print(f"  {part:<16} {100 * count / total:5.1f} %")


def main():
    if not shutil.which("valgrind"):
        sys.exit("`valgrind` is missing; Debian's package of that name has it")
    wanted = list(zip(sys.argv[1::2], map(int, sys.argv[2::2]))) or ACTIVITIES
    with tempfile.TemporaryDirectory() as scratch:
        for activity, milliseconds in wanted:
            measure(activity, milliseconds, scratch)


if __name__ == "__main__":
    main()
