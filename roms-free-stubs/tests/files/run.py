"""Formats volumes with hfsutils, lets the File Manager's code work on them, and has the result judged."""
import os
import subprocess
import sys
import tempfile

import hfs_check

program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    os.environ["HOME"] = folder  # where hfsutils remembers the mounted volume
    for megabytes, rounds, seed in ((20, 3000, 1), (20, 3000, 2), (1, 1500, 3), (300, 2500, 4)):
        image = f"{folder}/volume"
        with open(image, "wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run(["hformat", "-l", "Test", image], check=True, stdout=subprocess.DEVNULL)
        with open(f"{folder}/text", "w") as file:
            file.write("from outside\n" * 1000)
        subprocess.run(["hcopy", "-r", f"{folder}/text", ":outside"], check=True)
        subprocess.run(["humount"], check=True)
        subprocess.run(["qemu-m68k-static", program, image, str(rounds), str(seed)], check=True)
        with open(image, "rb") as file:
            volume = hfs_check.Volume(file.read())
        print(f"{megabytes} MB: sound; {volume.files} files, {volume.dirs} folders, catalogue of depth {volume.catalog.depth}, "
              f"{len(volume.extents.records)} records of further extents")
        subprocess.run(["hmount", image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["hls", "-lR"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["hcopy", "-r", ":outside", f"{folder}/back"], check=True)
        subprocess.run(["humount"], check=True)
        with open(f"{folder}/back") as file:
            assert file.read() == "from outside\n" * 1000
