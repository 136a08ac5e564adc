# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""sealsock serve and clients of bad manners, over plain TCP. TAP."""
import os
import re
import socket
import threading
import time

from commands import PATIENCE, Serve, certificate, drain, finish, ok, path, run, until

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
        ok(until(20, lambda: flood.got > before), 'and it still is itself')
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


def keep_alive():
    s = Serve()
    for version, field, kept in (('1.0', '', False), ('1.0', 'Connection: keep-alive\r\n', True),
                                 ('1.0', 'Connection: close\r\n', False),
                                 ('1.1', '', True), ('1.1', 'Connection: close\r\n', False)):
        with s.connect() as c:
            c.sendall(f'GET /small HTTP/{version}\r\nHost: a\r\n{field}\r\n'.encode())
            got = b''
            while not got.endswith(b'hello\n'):
                got += c.recv(65536)
            said = re.search(rb'^Connection: (.*)\r$', got, re.M)
            said = said[1].decode() if said else ''
            want = 'close' if not kept else 'keep-alive' if version == '1.0' else ''
            c.settimeout(0.5 if kept else PATIENCE)
            try:
                ended = c.recv(1) == b''
            except socket.timeout:
                ended = False
            ok(ended != kept and said == want,
               f'HTTP/{version} {field.strip()}: {"kept" if kept else "closed"}, and said so',
               (ended, said))
    got = s.ask(b'GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\nIf-Match: "x"\r\n\r\n')
    ok(got.startswith(b'HTTP/1.1 412 '), 'a condition that does not hold: 412', got)
    ok(s.end(), 'and the server ends')


def addresses():
    """Without --addr both loopback addresses; with it those that it names."""
    def reached(server, port):
        got = []
        for host in ('127.0.0.1', '::1'):
            try:
                socket.create_connection((host, port), timeout=PATIENCE).close()
                got.append(host)
            except OSError:
                pass
        return got

    for args, want in (([], ['127.0.0.1', '::1']), (['-a', '127.0.0.1'], ['127.0.0.1']),
                       (['-a', '::1'], ['::1']), (['-a', '::'], ['127.0.0.1', '::1']),
                       (['-a', '0.0.0.0'], ['127.0.0.1']),
                       (['-a', '::1,127.0.0.1'], ['127.0.0.1', '::1']),
                       (['-a', '::,0.0.0.0'], ['127.0.0.1', '::1'])):
        s = Serve(*args)
        got = reached(s, s.port), reached(s, s.plain)
        ok(got == (want, want), f'serve {" ".join(args)}: {" and ".join(want)}', got)
        if not args:
            ok(until(20, lambda: s.said(s.out, rf'^and at http://\[::1\]:{s.plain}/$')) and
               s.said(s.out, rf'^and at https://\[::1\]:{s.port}/$'), 'each with its line')
        ok(s.end(), 'and the server ends')
    for bad in ('localhost', '', '127.0.0.1,', '1.2.3.4'):
        r = run('serve', '--ulp', 'none', '-p', '0', '-a', bad, path('www'))
        ok(r.returncode == 2 and b'listen' in r.stderr, f'serve -a "{bad}": exit 2', r)
    with socket.create_server(('127.0.0.1', 0)) as taken:
        r = run('serve', '--ulp', 'none', '-p', str(taken.getsockname()[1]), path('www'))
        ok(r.returncode == 2 and b'in use' in r.stderr, 'a port that is taken: exit 2', r)


def failures_are_said():
    """Why a handshake failed: a line each, and no more of them than somebody can read."""
    s = Serve()
    with socket.create_connection(('127.0.0.1', s.port)) as c:
        c.sendall(b'GET / HTTP/1.0\r\n\r\n')
        drain(c)
        line = rf'^sealsock serve: 127.0.0.1:{c.getsockname()[1]}: handshake failed: .+'
    ok(until(10, lambda: s.said(s.err, line)), 'a client that speaks plain HTTP', open(s.err).read())
    r = run('get', '--ulp', 'none', '--cacert', path('other.pem'), f'https://localhost:{s.port}/')
    ok(r.returncode == 4 and until(10, lambda: s.said(s.err, r'failed: .*unknown_ca received')),
       'one that does not trust the certificate, and its alert', open(s.err).read())
    for _ in range(200):
        with socket.create_connection(('127.0.0.1', s.port)) as c:
            c.sendall(b'nonsense' * 10)
            drain(c)
    ended = s.end()
    text = open(s.err).read()
    ok(ended and 5 <= text.count('handshake failed') <= 60, '200 more: not as many lines',
       text.count('\n'))
    more = sum(int(n) for n in re.findall(r'([0-9]+) more handshakes? failed', text))
    ok(more + text.count('handshake failed') == 202, 'but all of them are counted', (more, text))
    r = run('serve', '--ulp', 'none', '-p', '0', '--versions', 'TLSv1.2', '--ciphers',
            'TLS_AES_128_GCM_SHA256', path('www'))
    ok(r.returncode == 2 and b'cannot work' in r.stderr,
       'a configuration that no handshake can succeed with: exit 2', r)


def main():
    certificate('localhost')
    certificate('other')
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
    keep_alive()
    addresses()
    failures_are_said()
    finish()


main()
