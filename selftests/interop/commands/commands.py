# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the tests of the command line on the host share: TAP, servers that say what they are told,
the commands themselves. Without the module: --ulp none, or plain HTTP.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 60
BIN = os.environ.get('SEALSOCK_BIN', 'build/userspace/sealsock')
tmp = tempfile.mkdtemp()
count = failed = 0


def ok(good, name, why=''):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, name)
    if not good and why:
        print('#', repr(why)[:2000])
    sys.stdout.flush()


def finish():
    shutil.rmtree(tmp, ignore_errors=True)
    print(f'1..{count}')
    sys.exit(failed != 0)


def path(name):
    return os.path.join(tmp, name)


def certificate(name, subject='/CN=test'):
    """A self-signed one for localhost: NAME.pem and NAME.key."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(name + '.key'), '-out',
                    path(name + '.pem'), '-utf8', '-subj', subject, '-days', '2', '-addext',
                    'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(*args, shell='', timeout=2 * PATIENCE, **more):
    """A command to its end. SHELL: redirections, as a shell has them."""
    args = [BIN, *args]
    if shell:
        args = ['/bin/sh', '-c', 'exec "$@" ' + shell, 'sh', *args]
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=timeout, **more)


class Answer:
    """An HTTP server on 127.0.0.1 that gives every connection the same bytes, whatever it asks."""

    def __init__(self, data, context=None):
        self.data, self.context, self.requests = data, context, []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            try:
                s.settimeout(PATIENCE)
                if self.context:
                    s = self.context.wrap_socket(s, server_side=True)
                seen = b''
                while b'\r\n\r\n' not in seen:
                    more = s.recv(65536)
                    if not more:
                        break
                    seen += more
                self.requests.append(seen)
                s.sendall(self.data)
                if self.context:
                    s = s.unwrap()
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except OSError:
                pass
            s.close()

    def close(self):
        self.listener.close()


class Serve:
    """sealsock serve, of www, on free ports; its output in self.out and self.err."""

    def __init__(self, *args, shell=''):
        self.out, self.err = path('serve.out'), path('serve.err')
        args = [BIN, 'serve', '--ulp', 'none', '-p', '0', '--plain', '0', '--cert',
                path('localhost.pem'), '--key', path('localhost.key'), *args, path('www')]
        with open(self.out, 'w') as out, open(self.err, 'w') as err:
            self.process = subprocess.Popen(args, stdout=out, stderr=err)
        if not until(20, lambda: self.said(self.out, '^and, without')):
            raise RuntimeError(open(self.err).read())
        self.port = int(re.search('^serving.*:([0-9]+)/$', open(self.out).read(), re.M)[1])
        self.plain = int(re.search('^and, without.*:([0-9]+)/$', open(self.out).read(), re.M)[1])

    @staticmethod
    def said(file, pattern):
        with open(file, errors='backslashreplace') as f:
            return re.search(pattern, f.read(), re.M)

    def connect(self, **more):
        return socket.create_connection(('127.0.0.1', self.plain), timeout=PATIENCE, **more)

    def ask(self, request):
        """One plain connection: everything that comes, up to its end."""
        with self.connect() as s:
            s.sendall(request)
            return drain(s)

    def end(self, seconds=PATIENCE):
        """SIGTERM. True: it ended, with 0, in that time."""
        self.process.terminate()
        try:
            return self.process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


def drain(s):
    got = b''
    while True:
        try:
            more = s.recv(65536)
        except OSError:
            return got
        if not more:
            return got
        got += more


def until(seconds, what):
    """By the clock, and as patient as lib.sh: who waits no longer than he must fails by chance."""
    end = time.monotonic() + max(seconds, PATIENCE)
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    return what()
