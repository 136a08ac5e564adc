# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Ports for servers that do not find one by themselves."""
import itertools
import os
import socket

# Below those that the kernel gives to connections: one of which may take such a port before the server does.
# Tests run beside each other start apart.
PORTS = itertools.count(20000 + os.getpid() % 120 * 100)


def free_port():
    for port in PORTS:
        with socket.socket() as s:
            try:
                s.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
