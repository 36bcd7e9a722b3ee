#!/usr/bin/env python3
"""A node of an LToUDP network, from the published descriptions alone: it finds the emulated mail server and talks to it.

    ltoudp.py INTERFACE SECONDS NAME

Descriptions: "LocalTalk over UDP" (windswept.home.blog, 2019); Inside AppleTalk, 2nd edition, for LLAP, DDP, NBP, AEP and ATP;
docs/mail-protocol.md for what the server answers. Prints what it saw; exit code 1 with the reason if something is not as described.
"""

import os
import socket
import struct
import sys
import time

GROUP, PORT = "239.192.76.84", 1954
ENQ, ACK, RTS, CTS = 0x81, 0x82, 0x84, 0x85
NBP, ATP, AEP = 2, 3, 4
LOOKUP_SOCKET, CLIENT_SOCKET = 200, 201
END = time.monotonic() + float(sys.argv[2])


def expect(truth, words):
    if not truth:
        sys.exit(f"ltoudp.py: {words}")


class Node:
    def __init__(self, interface):
        self.sender = os.urandom(4)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind((GROUP, PORT))
        member = socket.inet_aton(GROUP) + socket.inet_aton(interface)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        self.node = None
        self.taken = set()
        self.kinds = set()
        self.used = set()

    def frame(self, *parts):
        self.socket.sendto(self.sender + b"".join(parts), (GROUP, PORT))

    def datagram(self, node, to, frm, kind, data):
        """A short DDP header: length, sockets, type."""
        header = struct.pack(">BBBHBBB", node, self.node, 1, 5 + len(data), to, frm, kind)
        self.frame(header, data)

    def frames(self, seconds):
        """Frames of others until so many seconds are over."""
        until = min(time.monotonic() + seconds, END)
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                got = self.socket.recv(2048)
            except TimeoutError:
                return
            if got[:4] == self.sender:
                continue
            expect(7 <= len(got) <= 607, f"a datagram of {len(got)} bytes")
            to, frm, kind = got[4:7]
            self.kinds.add(kind)
            expect(kind not in (RTS, CTS), "RTS or CTS in a datagram")
            if kind == ENQ and to in self.taken | {self.node}:
                self.frame(bytes([frm, to, ACK]))
            if kind not in (ENQ, ACK):
                self.used.add(frm)
            yield to, frm, kind, got[7:]

    def datagrams(self, seconds, wanted):
        """Datagrams of the DDP type `wanted` for this node: source node, its socket, this socket, data."""
        for to, frm, kind, data in self.frames(seconds):
            if kind != 1 or to not in (self.node, 255):
                continue
            length, to_socket, from_socket, ddp = struct.unpack(">HBBB", data[:5])
            expect(length & 0x3FF == len(data), "the DDP length is not the datagram's")
            if ddp == wanted:
                yield frm, from_socket, to_socket, data[5:]

    def refuse_first_enquiry(self):
        """Says of the first address that anybody enquires for that it is taken."""
        while time.monotonic() < END:
            for to, frm, kind, _ in self.frames(1):
                if kind == ENQ:
                    expect(to == frm, "an enquiry for another address than its sender's")
                    self.taken.add(to)
                    self.frame(bytes([to, to, ACK]))
                    return to
        sys.exit("ltoudp.py: nobody enquired for an address")

    def claim(self):
        """An address of the workstations' range that nobody defends."""
        for candidate in range(1, 128):
            if candidate in self.taken | self.used or self.defended(candidate):
                continue
            self.node = candidate
            return
        sys.exit("ltoudp.py: no address is free")

    def defended(self, candidate):
        for _ in range(8):
            self.frame(bytes([candidate, candidate, ENQ]))
            for to, _, kind, _ in self.frames(0.05):
                if to == candidate and kind == ACK:
                    return True
        return False

    def look_up(self, name, kind):
        entity = b"".join(bytes([len(part)]) + part for part in (name, kind, b"*"))
        while time.monotonic() < END:
            tuple_ = struct.pack(">HBBB", 0, self.node, LOOKUP_SOCKET, 0) + entity
            self.datagram(255, 2, LOOKUP_SOCKET, NBP, bytes([0x21, 77]) + tuple_)
            for node, _, to, data in self.datagrams(1, NBP):
                if to != LOOKUP_SOCKET or data[0] != 0x31 or data[1] != 77:
                    continue
                net, found, number, _ = struct.unpack(">HBBB", data[2:7])
                expect(found == node, "the tuple names another node than the reply's sender")
                expect(data[7 : 7 + 1 + len(name)] == bytes([len(name)]) + name, "another name")
                return found, number
        sys.exit(f"ltoudp.py: nobody called {name} answers")

    def echo(self, node, data):
        for _ in range(20):
            self.datagram(node, 4, CLIENT_SOCKET, AEP, b"\x01" + data)
            for frm, number, _, answer in self.datagrams(0.5, AEP):
                if (frm, number) == (node, 4):
                    expect(answer == b"\x02" + data, "the echo is not what was sent")
                    return
        sys.exit("ltoudp.py: no echo")

    def transaction(self, node, number, tid, user, data):
        """One exactly-once transaction with one response packet: its user bytes and data."""
        request = struct.pack(">BBH", 0x60, 1, tid) + user + data
        for _ in range(20):
            self.datagram(node, number, CLIENT_SOCKET, ATP, request)
            for frm, _, to, answer in self.datagrams(1, ATP):
                control, sequence, got = struct.unpack(">BBH", answer[:4])
                if frm != node or to != CLIENT_SOCKET or control & 0xC0 != 0x80 or got != tid:
                    continue
                expect(sequence == 0, "a response packet that was not asked for")
                release = struct.pack(">BBH", 0xC0, 0, tid) + user
                self.datagram(node, number, CLIENT_SOCKET, ATP, release)
                return answer[4:8], answer[8:]
        sys.exit("ltoudp.py: no response")


def main():
    node = Node(sys.argv[1])
    refused = node.refuse_first_enquiry()
    # What no station may send, and nobody may stumble over.
    for wrong in (b"", b"\x01\x02", bytes([3, 4, RTS]), bytes([3, 4, 0]), bytes([3, 0, 1]), bytes(700)):
        node.frame(wrong)
    node.claim()
    server, number = node.look_up(sys.argv[3].encode("ascii"), b"MSMail Reconstruction")
    expect(server != refused, "the Macintosh took an address that is taken")
    expect(node.defended(server), "the Macintosh does not defend its address")
    node.echo(server, bytes(range(200)))
    node.echo(server, bytes(i & 0xFF for i in range(585)))
    user = b"\x03Ann".ljust(32, b"\0")
    sign_on = struct.pack(">IHH", 0x12345678, 1, 0) + user
    result, answer = node.transaction(server, number, 4660, b"\x01\0\0\0", sign_on)
    expect(result == b"\0\0\0\0", f"the server refuses: {result.hex()}")
    expect(len(answer) == 12 and answer[0] > 0 and answer[2:4] == b"\0\x01", f"no answer to SignOn: {answer.hex()}")
    listing = struct.pack(">IHH", 0, 10, 0)
    result, answer = node.transaction(server, number, 4661, bytes([3, answer[0], 0, 1]), listing)
    expect((result, answer) == (b"\0\0\0\x01", b"\0\0\0\0"), f"List: {result.hex()} {answer.hex()}")
    print(f"address {refused} refused, node {server} defends its own, name found, echoes, SignOn and List answered")


main()
