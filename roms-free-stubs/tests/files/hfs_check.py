"""Checks an HFS volume against Inside Macintosh: Files, chapter 2, without any code of the File Manager under test."""
import struct
import sys

BLOCK = 512


class Damage(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Damage(text)


def extents_at(data, offset):
    return [struct.unpack_from(">HH", data, offset + 4 * i) for i in range(3)]


class Volume:
    def __init__(self, image):
        self.image = image
        mdb = image[1024:1536]
        need(mdb[:2] == b"BD", "no master directory block")
        (self.root_files, self.bitmap_start, _, self.blocks, self.block_size, _, self.first, self.next_id,
         self.free) = struct.unpack_from(">HHHHLLHLH", mdb, 12)
        self.root_dirs, self.files, self.dirs = struct.unpack_from(">HLL", mdb, 82)
        self.used = {}
        self.overflow = {}
        xt_size, = struct.unpack_from(">L", mdb, 130)
        ct_size, = struct.unpack_from(">L", mdb, 146)
        self.extents = Tree(self, 3, self.fork(3, 0, extents_at(mdb, 134), xt_size, xt_size), extents_key)
        for key, data in self.extents.records:
            fork, file, first = struct.unpack(">BLH", key)
            self.overflow.setdefault((file, fork), {})[first] = extents_at(data, 0)
        self.catalog = Tree(self, 4, self.fork(4, 0, extents_at(mdb, 150), ct_size, ct_size), catalog_key)
        self.check_catalog()
        self.check_bitmap()
        need(not self.overflow, f"extents of no file: {list(self.overflow)[:3]}")
        spare = image[-1024:-512]
        need(spare[130:162] == mdb[130:162], "the spare master directory block has other system files")

    def fork(self, file, fork, extents, logical, physical):
        """The bytes of a fork; its blocks are noted as used."""
        need(physical % self.block_size == 0 and logical <= physical, f"file {file}: lengths {logical}, {physical}")
        data, have, want = [], 0, physical // self.block_size
        more = self.overflow.pop((file, fork), {})
        while True:
            for start, count in extents:
                for block in range(start, start + count):
                    need(block < self.blocks, f"file {file}: block {block} is outside the volume")
                    need(block not in self.used, f"block {block} belongs to {self.used.get(block)} and {(file, fork)}")
                    self.used[block] = (file, fork)
                at = self.first * BLOCK + start * self.block_size
                data.append(self.image[at:at + count * self.block_size])
                have += count
            if have not in more:
                break
            extents = more.pop(have)
        need(have == want, f"file {file}: {have} blocks, {want} expected")
        need(not more, f"file {file}: unreachable extents {more}")
        return b"".join(data)[:logical]

    def check_catalog(self):
        entries, threads, file_threads, children, names = {}, {}, {}, {}, {}
        root = [0, 0]
        files = dirs = 0
        for key, data in self.catalog.records:
            parent, name = key
            kind = data[0]
            if kind in (3, 4):
                need(name == b"", "thread with a name")
                (threads if kind == 3 else file_threads)[parent] = (struct.unpack_from(">L", data, 10)[0], data[15:15 + data[14]])
                need(len(data) >= 15 + data[14], "thread too short")
                continue
            children[parent] = children.get(parent, 0) + 1
            if kind == 1:
                need(len(data) == 70, "directory of odd length")
                valence, ident = struct.unpack_from(">HL", data, 4)
                entries[ident] = (parent, name, valence)
                if parent != 1:
                    dirs += 1
                root[1] += parent == 2
            else:
                need(kind == 2 and len(data) == 102, f"record type {kind}")
                files += 1
                root[0] += parent == 2
                ident, _, logical, physical, _, r_logical, r_physical = struct.unpack_from(">LHLLHLL", data, 20)
                names[ident] = key
                need(ident < self.next_id, f"file number {ident} is not below {self.next_id}")
                self.fork(ident, 0, extents_at(data, 74), logical, physical)
                self.fork(ident, 0xFF, extents_at(data, 86), r_logical, r_physical)
        for ident, (parent, name, valence) in entries.items():
            need(threads.get(ident) == (parent, name), f"directory {ident}: thread {threads.get(ident)}, entry {(parent, name)}")
            need(children.get(ident, 0) == valence, f"directory {ident}: valence {valence}, children {children.get(ident, 0)}")
            need(ident < self.next_id, f"directory number {ident} is not below {self.next_id}")
        need(set(threads) == set(entries), "threads without directories")
        for ident, thread in file_threads.items():
            need(names.get(ident) == thread, f"file {ident}: thread {thread}, entry {names.get(ident)}")
        need((files, dirs) == (self.files, self.dirs), f"counts {(files, dirs)}, MDB {(self.files, self.dirs)}")
        need(root == [self.root_files, self.root_dirs], f"root counts {root}, MDB {[self.root_files, self.root_dirs]}")

    def check_bitmap(self):
        free = 0
        for block in range(self.blocks):
            bit = self.image[self.bitmap_start * BLOCK + block // 8] >> (7 - block % 8) & 1
            need(bit == (block in self.used), f"block {block}: bitmap says {bit}, owner {self.used.get(block)}")
            free += not bit
        need(free == self.free, f"{free} free blocks, MDB says {self.free}")


def extents_key(record):
    need(record[0] == 7, "extents key length")
    return record[1:8], record[8:]


def catalog_key(record):
    length = record[0]
    parent, = struct.unpack_from(">L", record, 2)
    name = record[7:7 + record[6]]
    size = (length + 2) & ~1
    return (parent, name), record[size:]


class Tree:
    def __init__(self, volume, file, data, key):
        self.data, self.key, self.name = data, key, f"tree {file}"
        header = data[14:]
        (depth, root, count, first, last, size, self.key_length, nodes, free) = struct.unpack_from(">HLLLLHHLL", header)
        need(size == 512 and nodes * 512 == len(data), f"{self.name}: {nodes} nodes in {len(data)} bytes")
        self.depth = depth
        self.used = {0}
        self.levels = {}
        self.records = []
        if depth:
            self.walk(root, depth, None)
        for row in self.levels.values():
            for i, node in enumerate(row):
                forward, back = struct.unpack_from(">LL", data, node * 512)
                need(forward == (row[i + 1] if i + 1 < len(row) else 0), f"{self.name}: node {node} leads to {forward}")
                need(back == (row[i - 1] if i else 0), f"{self.name}: node {node} leads back to {back}")
        leaves = self.levels.get(1, [0])
        need((first, last) == (leaves[0], leaves[-1]), f"{self.name}: first and last leaf {(first, last)}")
        need(count == len(self.records), f"{self.name}: {len(self.records)} records, header says {count}")
        bits, node, index = b"", 0, 2
        while True:
            if node:
                need(data[node * 512 + 8] == 2, f"{self.name}: node {node} is no map node")
                self.used.add(node)
            offsets = self.offsets(node)
            bits += data[node * 512 + offsets[index]:node * 512 + offsets[index + 1]]
            node, index = struct.unpack_from(">L", data, node * 512)[0], 0
            if not node:
                break
        for node in range(nodes):
            bit = bits[node // 8] >> (7 - node % 8) & 1
            need(bit == (node in self.used), f"{self.name}: map says {bit} of node {node}")
        need(free == nodes - len(self.used), f"{self.name}: {nodes - len(self.used)} free nodes, header says {free}")

    def offsets(self, node):
        count, = struct.unpack_from(">H", self.data, node * 512 + 10)
        result = [struct.unpack_from(">H", self.data, node * 512 + 510 - 2 * i)[0] for i in range(count + 1)]
        need(result[0] == 14 and result == sorted(result) and result[-1] <= 512 - 2 * (count + 1),
             f"{self.name}: offsets of node {node}")
        return result

    def walk(self, node, height, first_key):
        need(node not in self.used, f"{self.name}: node {node} is in use twice")
        self.used.add(node)
        self.levels.setdefault(height, []).append(node)
        kind, level = self.data[node * 512 + 8], self.data[node * 512 + 9]
        need(level == height and kind == (0xFF if height == 1 else 0), f"{self.name}: node {node} has type {kind}, height {level}")
        offsets = self.offsets(node)
        need(len(offsets) > 1, f"{self.name}: node {node} is empty")
        for i in range(len(offsets) - 1):
            record = self.data[node * 512 + offsets[i]:node * 512 + offsets[i + 1]]
            key, rest = self.key(record)
            if i == 0 and first_key is not None:
                need(key == first_key, f"{self.name}: node {node} begins with {key}, its parent says {first_key}")
            if height == 1:
                self.records.append((key, rest))
            else:
                need(record[0] == self.key_length and len(rest) == 4, f"{self.name}: index record in node {node}")
                self.walk(struct.unpack(">L", rest)[0], height - 1, key)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        volume = Volume(file.read())
    print(f"{sys.argv[1]}: sound; {volume.files} files, {volume.dirs} folders, catalogue of depth {volume.catalog.depth}, "
          f"{len(volume.extents.records)} overflow extents")
