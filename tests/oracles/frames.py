#!/usr/bin/env python3
"""Compares the frames of a run's trace with what tshark reads in its capture, field by field and byte by byte.

    python3 tests/oracles/frames.py DIR        DIR: what `shoeshine run --out DIR --trace` made

The trace's bytes are taken apart here, after Inside AppleTalk, second edition. tshark takes the mail protocol's ATP packets for
AppleTalk Session Protocol, which they are not: that dissector is switched off. Two checks need no capture: frames that did not
collide do not overlap in time, and each takes the time on the wire that its bits need at 68 ticks a bit.

Exit codes: 0 they agree, 1 they do not.
"""

import collections
import json
import os
import struct
import subprocess
import sys

TICKS_PER_SECOND = 15_667_200
BIT = 68
NAMES = (
    "frame.time_epoch frame.interface_id frame.len frame.comment frame.protocols llap.dst llap.src llap.type ddp.len ddp.dst_socket "
    "ddp.src_socket ddp.hopcount ddp.checksum ddp.dst.net ddp.src.net ddp.dst.node ddp.src.node rtmp.net nbp.nodeid.length nbp.nodeid "
    "rtmp.version rtmp.function rtmp.tuple.net rtmp.tuple.dist zip.function zip.network_count zip.network zip.zone_name "
    "ddp.type nbp.op nbp.count nbp.tid nbp.net nbp.node nbp.port nbp.enum nbp.object nbp.type nbp.zone atp.function "
    "atp.xo atp.eom atp.sts atp.treltimer atp.bitmap atp.tid data.data"
).split()
TEXTS = {"frame.time_epoch", "frame.comment", "frame.protocols", "nbp.object", "nbp.type", "nbp.zone", "zip.zone_name", "data.data"}
TSHARK = ["tshark", "--disable-protocol", "asp", "-o", "atp.desegment:FALSE"]


def ask(*arguments):
    """What tshark prints for these arguments."""
    done = subprocess.run([*TSHARK, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"tshark: {done.stderr.decode()}")
    return done.stdout


def witnessed(capture):
    """For each packet tshark's fields, as lists, for a field may occur more than once."""
    wanted = [word for name in NAMES for word in ("-e", name)]
    text = ask("-r", capture, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=\x1f", *wanted).decode()
    for line in text.splitlines():
        yield {name: value.split("\x1f") if value else [] for name, value in zip(NAMES, line.split("\t"))}


def raw_packets(capture):
    """The bytes of each packet as tshark reads them, by way of its plain pcap format."""
    raw = ask("-r", capture, "-F", "nsecpcap", "-w", "-")
    magic, link = struct.unpack_from("<I16xI", raw)
    assert (magic, link) == (0xA1B23C4D, 114), f"magic {magic:#x}, link type {link}"
    at = 24
    while at < len(raw):
        captured, original = struct.unpack_from("<8xII", raw, at)
        assert captured == original
        yield raw[at + 16 : at + 16 + captured]
        at += 16 + captured


def text_of(field):
    """A Pascal string, and what follows it."""
    return field[1 : 1 + field[0]].decode("mac_roman"), field[1 + field[0] :]


def expected(frame):
    """The fields that the bytes of this frame should show."""
    fields = collections.defaultdict(list)
    packet = bytes(frame["bytes"])

    def put(**values):
        for name, value in values.items():
            fields[name.replace("__", ".")].append(value)

    whole, part = divmod(frame["start"] * 10**9 // TICKS_PER_SECOND, 10**9)
    put(frame__time_epoch=f"{whole}.{part:09}", frame__len=len(packet), frame__interface_id=frame["cable"])
    faults = {"lost": "lost on the wire", "damaged": "damaged on the wire", "copy": "copy made by the wire"}
    if frame["collided"]:
        put(frame__comment="collided")
    elif frame["fault"]:
        put(frame__comment=faults[frame["fault"]])
    elif not frame["intact"]:
        put(frame__comment="damaged or cut short")
    put(llap__dst=packet[0], llap__src=packet[1], llap__type=packet[2])
    layers = ["llap"]
    if packet[2] in (1, 2):
        layers.append("ddp")
        if packet[2] == 1:
            header = 8
            length, to, source, kind = struct.unpack_from(">HBBB", packet, 3)
        else:
            header = 16
            length, total, net, own, node, own_node, to, source, kind = struct.unpack_from(">HHHHBBBBB", packet, 3)
            put(ddp__hopcount=length >> 10 & 15, ddp__checksum=total)
            put(ddp__dst__net=net, ddp__src__net=own, ddp__dst__node=node, ddp__src__node=own_node)
            assert total in (0, checksum(packet[7:])), "DDP checksum"
        put(ddp__len=length & 0x3FF, ddp__dst_socket=to, ddp__src_socket=source, ddp__type=kind)
        data = packet[header : 3 + (length & 0x3FF)]
        assert len(data) == len(packet) - header, "the datagram's length is not that of the frame"
        if kind == 1:
            layers.append("rtmp")
            net, bits, node = struct.unpack_from(">HBB", data)
            put(rtmp__net=net, nbp__nodeid__length=bits, nbp__nodeid=node)
            rest = data[4:]
            if rest[:3] == b"\0\0\x82":
                put(rtmp__version=0x82)
                rest = rest[3:]
            while rest:
                net, distance = struct.unpack_from(">HB", rest)
                assert distance < 0x80, "an extended network on LocalTalk"
                put(rtmp__tuple__net=net, rtmp__tuple__dist=distance)
                rest = rest[3:]
        elif kind == 5:
            layers.append("rtmp")
            put(rtmp__function=data[0])
        elif kind == 6:
            layers.append("zip")
            put(zip__function=data[0], zip__network_count=data[1])
            rest = data[2:]
            while rest:
                put(zip__network=struct.unpack_from(">H", rest)[0])
                rest = rest[2:]
                if data[0] == 2:
                    text, rest = text_of(rest)
                    put(zip__zone_name=text)
        if kind == 2:
            layers.append("nbp")
            put(nbp__op=data[0] >> 4, nbp__count=data[0] & 15, nbp__tid=data[1])
            rest = data[2:]
            for _ in range(data[0] & 15):
                net, node, port, enum = struct.unpack_from(">HBBB", rest)
                put(nbp__net=net, nbp__node=node, nbp__port=port, nbp__enum=enum)
                rest = rest[5:]
                for part in ("object", "type", "zone"):
                    text, rest = text_of(rest)
                    put(**{f"nbp__{part}": text})
            assert not rest, "bytes behind the last tuple"
        elif kind == 3:
            layers.append("atp")
            control, bitmap, tid = struct.unpack_from(">BBH", data)
            put(atp__function=control >> 6, atp__bitmap=bitmap, atp__tid=tid)
            put(atp__xo=control >> 5 & 1, atp__eom=control >> 4 & 1, atp__sts=control >> 3 & 1)
            if control >> 6 == 1 and control >> 5 & 1:
                put(atp__treltimer=control & 7)
            # Without a protocol above, tshark counts the four user bytes to the data, and shows no data of a release.
            if control >> 6 != 3:
                layers.append("data")
                put(data__data=data[4:].hex())
    put(frame__protocols=":".join(layers))
    return fields


def checksum(data):
    """DDP's: add, rotate to the left, never 0."""
    total = 0
    for byte in data:
        total = (total + byte) & 0xFFFF
        total = (total << 1 | total >> 15) & 0xFFFF
    return total or 0xFFFF


def value(name, text):
    """A field's value from tshark's text."""
    if name in TEXTS:
        return text
    return int({"True": "1", "False": "0"}.get(text, text), 0)


def check_sequence(frame):
    """The frame check sequence: reflected CRC-CCITT, low byte first."""
    crc = 0xFFFF
    for byte in frame:
        for bit in range(8):
            low = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8408 if low else 0)
    return bytes([~crc & 0xFF, ~crc >> 8 & 0xFF])


def bits_on_the_wire(frame):
    """Bits of the frame and its check sequence, a zero stuffed behind every five ones."""
    bits = ones = 0
    for byte in bytes(frame) + check_sequence(frame):
        for bit in range(8):
            bits, ones = bits + 1, ones + 1 if byte >> bit & 1 else 0
            if ones == 5:
                bits, ones = bits + 1, 0
    return bits


def check_times(frames):
    """Words about frames whose times cannot be."""
    end = collections.defaultdict(int)
    for frame in sorted(frames, key=lambda frame: frame["start"]):
        if frame["start"] < end[frame["cable"]] and not frame["collided"]:
            yield f"tick {frame['start']}: overlaps with another frame and is not marked"
        end[frame["cable"]] = max(end[frame["cable"]], frame["at"])
        bits, odd = divmod(frame["at"] - frame["start"], BIT)
        flags, part = divmod(bits - bits_on_the_wire(frame["bytes"]), 8)
        if frame["intact"] and (odd or part or flags < 3):
            yield f"tick {frame['start']}: {bits} bits and {odd} ticks for {len(frame['bytes'])} bytes"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    capture = os.path.join(folder, "cable.pcapng")
    frames = []
    with open(os.path.join(folder, "trace.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            frame = record["event"].get("line", {}).get("frame") if "line" in record["event"] else None
            # Less than destination, source and type cannot be put into a capture.
            if frame and len(frame["bytes"]) >= 3:
                frames.append(frame | {"at": record["at"]})
    problems = list(check_times(frames))
    seen, raw = list(witnessed(capture)), list(raw_packets(capture))
    if not len(frames) == len(seen) == len(raw):
        problems.append(f"{len(frames)} frames in the trace, {len(seen)} packets for tshark, {len(raw)} in its copy")
    layers = collections.Counter()
    compared = 0
    for number, (frame, fields, packet) in enumerate(zip(frames, seen, raw), 1):
        if bytes(frame["bytes"]) != packet:
            problems.append(f"frame {number}: other bytes")
        ours = expected(frame)
        # RTMP requests and responses: tshark 4.0 looks for more than there is (tshark.sh).
        brief = packet[2] == 1 and len(packet) <= 12
        layers.update(ours["frame.protocols"][0].split(":"))
        for name in NAMES:
            theirs = [value(name, text) for text in fields[name]]
            # Only frames that show a time of release have one that means something.
            if name == "atp.treltimer" and not ours[name]:
                continue
            compared += 1
            if name == "frame.comment" or not (frame["collided"] or brief) or name.startswith("llap"):
                if ours[name] != theirs:
                    problems.append(f"frame {number}: {name} is {ours[name]} in the trace, {theirs} for tshark")
    for problem in problems[:20]:
        print(f"{folder}: {problem}", file=sys.stderr)
    if len(problems) > 20:
        print(f"{folder}: and {len(problems) - 20} more", file=sys.stderr)
    collided = sum(frame["collided"] for frame in frames)
    found = ", ".join(f"{name} {count}" for name, count in sorted(layers.items()))
    print(f"{folder}: {len(frames)} frames ({collided} collided; {found}), {compared} fields compared, {len(problems)} differ")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
