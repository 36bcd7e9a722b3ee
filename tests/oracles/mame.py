"""What the oracle with MAME needs besides the programs: chips out of a ROM, pictures compared, the sum a report must show.

    python3 tests/oracles/mame.py chips ROM FOLDER              the image as the ROM chips of the MAME driver that FOLDER is named after
    python3 tests/oracles/mame.py screens PNG PNG               the same 512 x 342 dots?
    python3 tests/oracles/mame.py report REPORT VOLUME          is what `Machine Report` says of the documents true of the mounted volume?

Exit codes: 0 yes, 1 no.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

import macfiles

CHANNELS = {0: 1, 2: 3, 3: 1, 6: 4}


def chips(image, folder):
    """Even bytes are on the upper half of the data bus of a Plus. What MAME wants besides our ROM, the SE's ADB modem and the declaration ROM
    of the SE/30's video, is left blank: ADB on its SE stays silent."""
    with open(image, "rb") as file:
        rom = file.read()
    whole = rom.ljust(1 << 18, b"\xff")
    files = {
        "macplus": {"342-0341-c.u6d": rom[0::2], "342-0342-b.u8d": rom[1::2]},
        "macse": {"macse.rom": whole, "342s0440-b.bin": bytes(1024)},
        "macse30": {"97221136.rom": whole, "se30vrom.uk6": bytes(8192)},
    }[os.path.basename(folder)]
    os.makedirs(folder)
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def chunks(png):
    at = 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def unfiltered(data, stride, step):
    """The rows of a picture (PNG specification, clause 9)."""
    before = bytes(stride)
    for at in range(0, len(data), stride + 1):
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + stride])
        for n in range(stride):
            left = row[n - step] if n >= step else 0
            up, corner = before[n], before[n - step] if n >= step else 0
            estimate = left + up - corner
            paeth = min((left, up, corner), key=lambda value: abs(estimate - value))
            row[n] = row[n] + (0, left, up, (left + up) // 2, paeth)[kind] & 0xFF
        before = bytes(row)
        yield before


def dots(path):
    """The rows of a picture as lists: True where it is dark."""
    with open(path, "rb") as file:
        parts = list(chunks(file.read()))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    assert (width, height) == (512, 342), f"{path}: {width} x {height} dots"
    assert not interlaced and colour in CHANNELS, path
    palette = next((data for kind, data in parts if kind == b"PLTE"), None)
    data = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    bits = depth * CHANNELS[colour]
    rows = []
    for row in unfiltered(data, (width * bits + 7) // 8, max(1, bits // 8)):
        if depth < 8:
            values = [row[x * depth // 8] >> (8 - depth - x * depth % 8) & (1 << depth) - 1 for x in range(width)]
        else:
            values = list(row[:: bits // 8])
        if palette:
            values = [palette[3 * value] for value in values]
        bright = 255 if palette or depth == 8 else (1 << depth) - 1
        rows.append([2 * value < bright for value in values])
    return rows


def screens(ours, theirs):
    ours, theirs = dots(ours), dots(theirs)
    wrong = [(x, y) for y in range(342) for x in range(512) if ours[y][x] != theirs[y][x]]
    dark = sum(map(sum, ours))
    if wrong:
        sys.exit(f"{len(wrong)} dots differ, the first at {wrong[0]}")
    if dark < 1000:
        sys.exit(f"only {dark} dots are dark: nothing is on the screen")
    print(f"all {512 * 342} dots are the same, {dark} of them dark")


def rotate_add(data):
    total = 0
    for byte in data:
        total = ((total << 1 | total >> 31) + byte) & 0xFFFFFFFF
    return total


def report(path, volume):
    """The sums of the forks of all files in folders other than the System Folder, as hfsutils reads them."""
    with open(path, "rb") as file:
        said = dict(line.rsplit(" ", 1) for line in file.read().decode("ascii").split("\r") if line)
    with tempfile.TemporaryDirectory() as os.environ["HOME"]:
        subprocess.run(["hmount", volume], check=True, stdout=subprocess.DEVNULL)
        listing = subprocess.run(["hls", "-1aR"], check=True, capture_output=True).stdout.split(b"\n")
        files = data = total = 0
        folder = b""
        for line in listing:
            if line.startswith(b":") and line.endswith(b":"):
                folder = line
            elif line and folder not in (b"", b":") and not folder.startswith(b":System Folder:"):
                outside = os.path.join(os.environ["HOME"], "outside")
                if subprocess.run(["hcopy", "-m", re.sub(rb"([*?\[\]{}\\])", rb"\\\1", folder + line), outside], capture_output=True).returncode:
                    continue  # a folder
                with open(outside, "rb") as file:
                    _, copied = macfiles.read_macbinary(file.read())
                files += 1
                for fork in (copied.data, copied.resource):
                    data += len(fork)
                    total += rotate_add(fork)
        subprocess.run(["humount"], check=True)
    wanted = {"documents": f"{files}", "bytes": f"{data}", "sum": f"{total & 0xFFFFFFFF:08X}", "errors": "0"}
    for key, value in wanted.items():
        if said.get(key) != value:
            sys.exit(f"{path}: {key} {said.get(key)}, hfsutils finds {value}")
    print(f"{files} documents, {data} bytes, sum {wanted['sum']}: as hfsutils finds them")


if __name__ == "__main__":
    commands = {"chips": chips, "screens": screens, "report": report}
    if len(sys.argv) != 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
