#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""ask.py HOST PORT [ADDRESS]: asks a server for / and prints what it answers.
ask.py --serve PORT [CREDENTIAL]: answers every request with a line.

Plain sockets of Python's: what they carry is TLS, since that was asked for before listen() or
connect(). sealsockd and the module do the rest. <linux/sealsock_hold.h> has the structure.
"""
import socket
import struct
import sys

SOL_TLS = 282
TCP_ULP = 31
SEALSOCK_ROLE = 0x530B
SEALSOCK_CAUSE = 0x530E
SERVE, CONNECT = 1, 2


def ask_for_tls(sock, role, credential="", trust="", profile="", host="", alpn=()):
    """Makes a socket that is not connected a server's, or a client's, of TLS."""
    protocols = b"".join(bytes([len(p)]) + p.encode() for p in alpn)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"sealsock")
    sock.setsockopt(SOL_TLS, SEALSOCK_ROLE, struct.pack(
        "=IIIHH64s64s64s256s256s", role, 0, 0, len(protocols), 0, credential.encode(),
        trust.encode(), profile.encode(), host.encode(), protocols))


def cause(sock):
    """Why a connection failed, in the helper's words."""
    text = sock.getsockopt(SOL_TLS, SEALSOCK_CAUSE, 252)[12:]
    return text[:text.index(b"\0")].decode(errors="replace")


def serve(port, credential):
    with socket.socket(socket.AF_INET6) as listener:
        ask_for_tls(listener, SERVE, credential=credential)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen()
        while True:
            sock, _ = listener.accept()    # only connections whose handshake is done
            with sock:
                sock.recv(4096)
                sock.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello from Python\n")


def ask(host, port, address):
    with socket.socket(socket.AF_INET) as sock:
        ask_for_tls(sock, CONNECT, host=host)
        try:
            sock.connect((address, port))  # ends when the server has proven to be host
        except OSError as e:
            sys.exit("%s: %s: %s" % (host, e.strerror, cause(sock)))
        sock.sendall(b"GET / HTTP/1.0\r\nHost: %s\r\n\r\n" % host.encode())
        while data := sock.recv(65536):
            sys.stdout.buffer.write(data)


if len(sys.argv) < 3:
    sys.exit(__doc__)
if sys.argv[1] == "--serve":
    serve(int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
else:
    ask(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else sys.argv[1])
