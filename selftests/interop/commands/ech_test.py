# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Encrypted Client Hello on the command line: keys, both ends, once more; NSS as either end. TAP."""
import base64
import os
import re
import socket
import struct
import subprocess

from commands import Serve, finish, ok, path, run, until
from ports import free_port

PUBLIC, SECRET = 'public.example.org', 'secret.example.org'
REQUEST = b'GET /small HTTP/1.0\r\n\r\n'


def make_certificate():
    """For both names, in the files that Serve takes, and in a database of NSS."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-keyout', path('localhost.key'), '-out',
                    path('localhost.pem'), '-subj', '/CN=test', '-days', '2', '-addext',
                    f'subjectAltName=DNS:{PUBLIC},DNS:{SECRET}'], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.mkdir(path('db'))
    for args in (['-N', '--empty-password'],
                 ['-A', '-n', 'ca', '-t', 'C,,', '-i', path('localhost.pem')]):
        subprocess.run(['certutil', *args, '-d', 'sql:' + path('db')], check=True)
    subprocess.run(['openssl', 'pkcs12', '-export', '-in', path('localhost.pem'), '-inkey',
                    path('localhost.key'), '-name', 'server', '-passout', 'pass:', '-out',
                    path('localhost.p12')], check=True)
    subprocess.run(['pk12util', '-i', path('localhost.p12'), '-d', 'sql:' + path('db'), '-W', ''],
                   check=True, stdout=subprocess.DEVNULL)


def generate(name, *args):
    """NAME.pem; returns the list as DNS would have it."""
    r = run('ech', 'generate', '-o', path(name + '.pem'), '--owner', SECRET, *args, PUBLIC)
    found = re.fullmatch(rf'{SECRET}\. 300 IN HTTPS 1 \. ech="([A-Za-z0-9+/=]+)"\n',
                         r.stdout.decode())
    ok(r.returncode == 0 and found, f'keys and a record: {name}', (r.stdout, r.stderr))
    return found[1]


def keys():
    r = run('ech', 'generate', '-o', path('one.pem'), PUBLIC)
    ok(r.returncode == 2 and b'exists' in r.stderr, 'keys are never written over', r.stderr)
    ok(os.stat(path('one.pem')).st_mode & 0o777 == 0o600, 'only their owner reads them')
    for args in (['generate', '-o', path('x.pem'), '1.2.3.4'], ['generate', PUBLIC],
                 ['generate', '-o', path('x.pem'), '--kem', 'x448', PUBLIC], ['list'], []):
        r = run('ech', *args)
        ok(r.returncode == 2 and r.stderr, f'refused: {" ".join(args[:1] + args[-1:])}', r.stderr)


def get(server, *args):
    return run('get', '--ulp', 'none', '-v', '--cacert', path('localhost.pem'), '--connect',
               f'127.0.0.1:{server.port}', *args, f'https://{SECRET}/small')


def nss(server, ech):
    """tstclnt with the same list."""
    with open(path('request'), 'wb') as f:
        f.write(REQUEST)
    r = subprocess.run(['tstclnt', '-4', '-d', 'sql:' + path('db'), '-h', '127.0.0.1', '-a', SECRET,
                        '-p', str(server.port), '-V', 'tls1.3:tls1.3', '-u', '-A', path('request'),
                        '-N', ech], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                       stdin=subprocess.DEVNULL)
    return r.stdout + r.stderr


def tlv(tag, *content):
    content = b''.join(content)
    return bytes([tag, len(content)]) + content


def nss_keys(name):
    """The key as NSS takes it: X25519 as an elliptic curve of its own name, then the list."""
    with open(path(name + '.pem'), encoding='ascii') as f:
        blocks = re.findall('-----BEGIN [A-Z ]+-----\n(.*?)-----END', f.read(), re.S)
    key, ech = (base64.b64decode(b) for b in blocks)
    public = ech[11:43]
    ec = tlv(0x30, tlv(6, bytes.fromhex('2a8648ce3d0201')),
             tlv(6, bytes.fromhex('2b06010401da470f01')))
    key = tlv(0x30, tlv(2, b'\x01'), tlv(4, key[-32:]), tlv(0xa1, tlv(3, b'\x00', public)))
    key = tlv(0x30, tlv(2, b'\x00'), ec, tlv(4, key))
    return base64.b64encode(struct.pack('>H', len(key)) + key + ech).decode()


def listens(port):
    try:
        socket.create_connection(('127.0.0.1', port), timeout=1).close()
    except OSError:
        return False
    return True


def nss_server(lists):
    port = free_port()
    with subprocess.Popen(['selfserv', '-d', 'sql:' + path('db'), '-p', str(port), '-n', 'ca',
                           '-V', 'tls1.3:tls1.3', '-u', '-I', 'x25519', '-X',
                           nss_keys('one')],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
        ok(until(60, lambda: listens(port)), 'NSS serves with our keys')
        for key, more in (('one', []), ('other', []), ('one', ['--groups', 'secp384r1:x25519'])):
            r = run('get', '--ulp', 'none', '-v', '--cacert', path('localhost.pem'), '--connect',
                    f'127.0.0.1:{port}', *more, '--ech', lists[key], f'https://{SECRET}/')
            name = f'get from NSS, {key}{", retried" if more else ""}'
            ok(r.returncode == 0 and b'name hidden' in r.stderr, name, r)
            ok((b'once more' in r.stderr) == (key == 'other'), f'{name}: as often as needed')
        p.kill()


def both_ends(lists, groups):
    name = ', retried' if groups else ''
    s = Serve('--ech-keys', path('keys.pem'), '--trace', *groups)
    for key, ech in lists.items():
        r = get(s, '--ech', ech)
        ok(r.returncode == 0 and b'hello\n' == r.stdout and b'name hidden' in r.stderr,
           f'get, {key}{name}', r)
        once_more = b'once more' in r.stderr
        ok(once_more == (key == 'other'), f'asks {"twice" if once_more else "once"}')
    r = get(s, '--ech', '@' + path('one.pem'))
    ok(r.returncode == 0 and b'name hidden' in r.stderr, f'get, of a file{name}', r)
    r = get(s)
    ok(r.returncode == 0 and b'in the clear' in r.stderr, f'get, without a list{name}', r)
    ok(b'hello' in nss(s, lists['one']), f'NSS{name}')
    ok(b'RETRY_WITH_ECH' in nss(s, lists['other']), f'NSS, with other keys{name}')
    ok(s.end(), 'the server ends')
    said = open(s.out, encoding='utf-8', errors='replace').read()
    # Three of ours and the one of NSS, and the second tries.
    taken = len(re.findall('Encrypted Client Hello, proved', said))
    ok(taken == len(lists) + 2, f'the server has taken all of them{name}', taken)


def refused(lists):
    s = Serve()
    r = get(s, '--ech', lists['one'])
    ok(r.returncode == 0 and b'the name goes in the clear' in r.stderr,
       'a server that has none, and proves it: said, and done', r)
    ok(s.end(), 'the server ends')
    for what, ech in (('not Base64', '!'), ('no list', 'AAAA'), ('no file', '@/nonexistent'),
                      ('one of no use', 'AAS63QAA')):
        r = run('get', '--ulp', 'none', '--connect', '127.0.0.1:1', '--ech', ech, 'https://a/')
        ok(r.returncode == 2 and r.stderr, f'--ech: {what}', r.stderr)


def traced(ech):
    s = Serve('--ech-keys', path('keys.pem'))
    r = run('trace', '--cacert', path('localhost.pem'), '--servername', SECRET, '--wait', '50',
            '--ech', ech, f'127.0.0.1:{s.port}')
    text = r.stdout.decode()
    ok('inner ClientHello' in text and 'proved by' in text, 'trace shows both hellos', r)
    readable = text[text.index('could read'):text.index('could not read')]
    ok(PUBLIC in readable and SECRET not in readable, 'and what is to be read of them', readable)
    ok(s.end(), 'the server ends')


make_certificate()
os.mkdir(path('www'))
with open(path('www/small'), 'w', encoding='ascii') as small:
    small.write('hello\n')
LISTS = {'one': generate('one'), 'p256': generate('p256', '--kem', 'secp256r1', '--max-name', '64'),
         'other': generate('other')}
with open(path('keys.pem'), 'wb') as both:
    for part in ('one', 'p256'):
        both.write(open(path(part + '.pem'), 'rb').read())
keys()
both_ends(LISTS, [])
both_ends(LISTS, ['--groups', 'secp384r1'])
refused(LISTS)
nss_server(LISTS)
traced(LISTS['one'])
finish()
