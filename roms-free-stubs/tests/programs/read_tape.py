"""Reads a session as docs/tape-format.md says and checks what a test put on the volume.  usage: read_tape.py TAPE SCENARIO"""
import struct, sys

def rotate_add(data):
    data += b"\0" * (-len(data) % 4)
    s = 0
    for (w,) in struct.iter_unpack(">I", data):
        s = ((s << 1 | s >> 31) + w) & 0xFFFFFFFF
    return s

def records(tape):
    at, best, bad, skipped = 0, {}, [], 0
    while at + 512 <= len(tape):
        h = tape[at:at + 512]
        magic, version, kind, session, seq, n, total, obj = struct.unpack_from(">IHHIIIII", h)
        if magic != 0x5242414B or version != 1 or rotate_add(h[:508]) != struct.unpack_from(">I", h, 508)[0]:
            at += 512
            skipped += 1
            continue
        data = tape[at + 512:at + 512 + n]
        if n and rotate_add(data) != total:
            bad.append(seq)
            at += 512
            continue
        best.setdefault(seq, (kind, obj, h, data, total))
        at += 512 + (n + 511) // 512 * 512
    return best, bad, skipped

def content():
    x, out = 1, bytearray()
    for _ in range(200000):
        x = (x * 1103515245 + 12345) & 0xFFFFFFFF
        out.append(x >> 16 & 255)
    d = bytes(out)
    files = {"Disk:Letters:empty": (b"", b""), "Disk:Letters:one byte": (d[:1], b""),
             "Disk:Letters:both forks": (d[5:1028], d[77:70077]), "Disk:Letters:.hidden": (d[9:709], b""),
             "Disk:Letters:resources": (b"", d[3:603]), "Disk:large": (d, b"")}
    for i in range(10):
        files[f"Disk:Letters:inner:file {i}"] = (d[i * 3000:i * 3000 + 512 * i + (i & 1)], b"")
    return files

tape, scenario = open(sys.argv[1], "rb").read(), sys.argv[2]
best, bad, skipped = records(tape)
last = max(best)
missing = [i for i in range(last + 1) if i not in best]
files, current = {}, None
for seq in sorted(best):
    kind, obj, h, data, total = best[seq]
    if kind == 3:
        p = struct.unpack_from(">H", h, 126)[0]
        current = h[128:128 + p].decode()
        files[current] = [bytearray(), bytearray(), None, [0, 0]]
    elif kind == 4:
        fork, _, offset = struct.unpack_from(">HHI", h, 32)
        f = files[current]
        if not missing:
            assert len(f[fork]) == offset
        f[fork] += data
        f[3][fork] = ((f[3][fork] << 1 | f[3][fork] >> 31) + total) & 0xFFFFFFFF
    elif kind == 5:
        b0, b1, s0, s1, error = struct.unpack_from(">IIIIh", h, 32)
        f = files[current]
        f[2] = error
        if not missing:
            assert (b0, b1) == (len(f[0]), len(f[1])) and [s0, s1] == f[3], current
end = struct.unpack_from(">IIIIII", best[last][2], 32)
assert best[last][0] == 6 and end[3] == last + 1
if scenario == "lost":
    assert missing, (bad, skipped)
else:
    assert not missing, missing
    assert scenario == "failed" or bool(bad or skipped) == (scenario == "lost-checked"), (bad, skipped)
    want = content()
    if scenario == "folder":
        want = {k: v for k, v in want.items() if ":inner:" in k}
    for name, (data, resources) in want.items():
        got = files[name]
        if scenario == "open" and name == "Disk:large":
            assert got[2] == -47 and not got[0]
        else:
            assert got[2] == 0 and bytes(got[0]) == data and bytes(got[1]) == resources, name
print(f"  {last + 1} records, {len(files)} files, bad {bad}, missing {missing}, blocks skipped {skipped}")
