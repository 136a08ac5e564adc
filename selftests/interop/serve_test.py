# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""sealsock serve and clients of bad manners, over plain TCP. TAP."""
import os
import socket
import threading
import time

from commands import Serve, certificate, finish, ok, path

HEAD = b'HEAD /small HTTP/1.1\r\nHost: a\r\n\r\n'


def timed(what):
    start = time.monotonic()
    got = what()
    return got, time.monotonic() - start


class Flood:
    """A client that sends requests, and takes the answers, as fast as it can."""

    def __init__(self, server, request):
        self.s = server.connect()
        self.got = 0
        self.ended = False
        for work in (self.send, self.take):
            threading.Thread(target=work, args=(request,), daemon=True).start()

    def send(self, request):
        try:
            while not self.ended:
                self.s.sendall(request * 1000)
        except OSError:
            self.ended = True

    def take(self, _):
        try:
            while n := len(self.s.recv(1 << 20)):
                self.got += n
        except OSError:
            pass
        self.ended = True


def everybody_has_a_turn():
    for name, request in (('HEAD', HEAD), ('GET', HEAD.replace(b'HEAD', b'GET')),
                          ('GET of a large file', b'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')):
        s = Serve()
        flood = Flood(s, request)
        while not flood.got:
            time.sleep(0.05)
        got, seconds = timed(lambda: s.ask(b'GET /small HTTP/1.0\r\n\r\n'))
        ok(got.endswith(b'hello\n') and seconds < 8 and not flood.ended,
           f'a client that pipelines {name}: another one is answered', (got, seconds))
        before = flood.got
        time.sleep(0.5)
        ok(flood.got > before, 'and it still is itself')
        ended, seconds = timed(lambda: s.end(9))
        ok(ended, f'SIGTERM ends the server all the same, in {seconds:.1f} s')


def pipelined():
    """All answers come, in order, though a turn ends between them."""
    s = Serve()
    names = [b'small', b'big', b'small', b'empty'] * 10
    request = b''.join(b'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' % n for n in names)
    request = request[:-2] + b'Connection: close\r\n\r\n'
    got = s.ask(request)
    sizes, at = [], 0
    while (end := got.find(b'\r\n\r\n', at)) > 0:
        sizes.append(int(got[at:end].split(b'Content-Length: ')[1].split()[0]))
        at = end + 4 + sizes[-1]
    want = [os.path.getsize(path('www/' + n.decode())) for n in names]
    ok(sizes == want and at == len(got), '40 requests at once: 40 answers', sizes)
    ok(s.end(), 'and the server ends')


def take_slowly(server, step, pause, seconds):
    """Takes an answer STEP bytes at a time; how long the server had patience."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(('127.0.0.1', server.plain))
    s.sendall(b'GET /huge HTTP/1.0\r\n\r\n')
    start = time.monotonic()
    while time.monotonic() - start < seconds and not server.said(server.err, str(s.getsockname()[1])):
        if step:
            s.recv(step)
        time.sleep(pause)
    s.close()
    return time.monotonic() - start


def trickle():
    s = Serve('--timeout', '1', '-v')
    ok(take_slowly(s, 4, 0.1, 12) < 10, 'a client that takes 40 bytes a second loses its place')
    ok(take_slowly(s, 2000, 0.1, 4) >= 4, 'one that takes 20,000 does not')
    ok(take_slowly(s, 0, 0.1, 12) < 10, 'one that takes nothing does')
    ok(s.end(), 'and the server ends')


def main():
    certificate('localhost')
    os.mkdir(path('www'))
    for name, data in (('small', b'hello\n'), ('empty', b''), ('big', os.urandom(2000000))):
        with open(path('www/' + name), 'wb') as f:
            f.write(data)
    # More than the buffers of a socket hold.
    with open(path('www/huge'), 'wb') as f:
        f.truncate(64 << 20)
    everybody_has_a_turn()
    pipelined()
    trickle()
    finish()


main()
