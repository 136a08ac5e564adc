#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""peer.py HOW PORT|PATH [ARGUMENT]: plain peers of the proxy. Servers serve one connection after the other."""
import os
import socket
import struct
import sys
import threading
import time

HOW = sys.argv[1]
PORT = int(sys.argv[2]) if sys.argv[2].isdigit() else None
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def all_of(s):
    out = b""
    while data := s.recv(65536):
        out += data
    return out


def take(s, n):
    out = b""
    while len(out) < n:
        data = s.recv(n - len(out))
        if not data:
            raise EOFError
        out += data
    return out


def count(s):
    """Reads to the end, then answers."""
    s.sendall(b"%d bytes\n" % len(all_of(s)))


def first(s):
    """Speaks first and has said all, then listens to the end."""
    s.sendall(b"hello\n")
    s.shutdown(socket.SHUT_WR)
    try:
        print("got %d, end" % len(all_of(s)), flush=True)
    except OSError as e:
        print("got", e.strerror, flush=True)


def both(s):
    """Sends a megabyte and takes one at the same time."""
    t = threading.Thread(target=s.sendall, args=(b"s" * 1000000,))
    t.start()
    n = len(all_of(s))
    t.join()
    s.close()
    print("got %d, end" % n, flush=True)


def echo(s):
    try:
        while data := s.recv(65536):
            s.sendall(data)
        print("end", flush=True)
    except OSError as e:
        print(e.strerror, flush=True)


def tlvs(data):
    while data:
        kind, n = struct.unpack("!BH", data[:3])
        yield kind, data[3:3 + n]
        data = data[3 + n:]


def header(s):
    """Says what a PROXY header says."""
    if take(s, 12) != SIGNATURE:
        s.sendall(b"no header\n")
        return
    command, family, n = struct.unpack("!BBH", take(s, 4))
    rest = take(s, n)
    size = {0x11: 4, 0x21: 16}[family]
    af = {0x11: socket.AF_INET, 0x21: socket.AF_INET6}[family]
    out = ["%#x" % command, socket.inet_ntop(af, rest[:size]), socket.inet_ntop(af, rest[size:2 * size])]
    ports = struct.unpack("!HH", rest[2 * size:2 * size + 4])
    out.append("to %d" % ports[1])
    names = {1: "alpn", 2: "sni", 0x21: "version", 0x22: "cn", 0x23: "cipher"}
    for kind, value in tlvs(rest[2 * size + 4:]):
        if kind == 0x20:
            out.append("client %d verify %d" % struct.unpack("!BL", value[:5]))
            out += ["%s=%s" % (names[k], v.decode()) for k, v in tlvs(value[5:])]
        else:
            out.append("%s=%s" % (names[kind], value.decode()))
    take(s, 1)
    s.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + " ".join(out).encode() + b"\n")


def serve(one):
    with socket.create_server(("127.0.0.1", PORT), backlog=64) as listener:
        while True:
            s, _ = listener.accept()
            with s:
                try:
                    one(s)
                except (OSError, EOFError) as e:
                    print("server:", e, flush=True)


def dial():
    return socket.create_connection(("127.0.0.1", PORT), 60)


def ask(s):
    """Sends a megabyte, says so, and prints the answer."""
    s.sendall(b"x" * 1000000)
    s.shutdown(socket.SHUT_WR)
    sys.stdout.write(all_of(s).decode())


def listen(s):
    """Takes all first, and only then sends."""
    got = all_of(s)
    s.sendall(b"y" * 1000000)
    s.shutdown(socket.SHUT_WR)
    print(got.decode().strip(), "end:", s.recv(1))


def duplex(s):
    t = threading.Thread(target=lambda: (s.sendall(b"c" * 1000000), s.shutdown(socket.SHUT_WR)))
    t.start()
    print("got %d" % len(all_of(s)))
    t.join()


def reset(s):
    """Breaks off in the middle."""
    s.sendall(b"half")
    take(s, 4)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def quiet():
    """Says nothing: how does it end?"""
    try:
        with dial() as s:
            print("end" if not s.recv(1) else "data")
    except ConnectionResetError:
        print("reset")


def activate():
    """Starts a command as systemd does, with a listening socket."""
    s = socket.create_server(("127.0.0.1", PORT))
    os.dup2(s.fileno(), 3)
    os.environ["LISTEN_FDS"] = "1"
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.set_inheritable(3, True)
    os.execv(sys.argv[3], sys.argv[3:])


def crowd():
    """So many connections at once: each has its own answer, while all are there."""
    n = int(sys.argv[3])
    socks = [dial() for _ in range(n)]
    for i, s in enumerate(socks):
        s.sendall(b"%08d" % i)
    good = sum(take(s, 8) == b"%08d" % i for i, s in enumerate(socks))
    print(good, "of", n)
    for s in socks:
        s.close()


SERVERS = {"count": count, "first": first, "both": both, "echo": echo, "header": header}
CLIENTS = {"ask": ask, "listen": listen, "duplex": duplex, "reset": reset}


def echo_many():
    with socket.create_server(("127.0.0.1", PORT), backlog=512) as listener:
        while True:
            s, _ = listener.accept()
            threading.Thread(target=echo, args=(s,), daemon=True).start()


def scarce():
    """A UNIX socket that takes one after the other, and has room for two that wait."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[2])
        listener.listen(1)
        while True:
            s, _ = listener.accept()
            time.sleep(0.01)
            threading.Thread(target=echo, args=(s,), daemon=True).start()


if HOW in SERVERS:
    serve(SERVERS[HOW])
elif HOW in CLIENTS:
    with dial() as sock:
        CLIENTS[HOW](sock)
elif HOW == "echo-many":
    threading.stack_size(262144)
    echo_many()
elif HOW == "scarce":
    scarce()
elif HOW == "quiet":
    quiet()
elif HOW == "crowd":
    crowd()
elif HOW == "activate":
    activate()
else:
    sys.exit("peer.py: what is %s?" % HOW)
