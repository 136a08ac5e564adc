# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""sealsock get, client and trace against servers of bad manners. TAP."""
import os
import ssl

from commands import Answer, certificate, finish, ok, path, run

PLAIN = 'http://127.0.0.1:%d/'
ESCAPES = b'\x1b]0;owned\x07\x9b2J\xc2\x9b\x7f\xe2\x80\xae'


def harmless(data):
    """No control character but line feeds and the tabs between words, no broken UTF-8."""
    text = data.decode('utf-8', 'surrogateescape')
    return not any(ord(c) < 0x20 and c not in '\n\t' or 0x7f <= ord(c) <= 0x9f or
                   0xd800 <= ord(c) <= 0xdfff or 0x202a <= ord(c) <= 0x202e for c in text)


def escapes():
    s = Answer(b'HTTP/1.1 404 ' + ESCAPES + b'\r\nX: ' + b'\xc2\x9b\x9b\r\nContent-Length: 0\r\n\r\n')
    for name, args in (('an error', []), ('get -v', ['-v']), ('get -I', ['-I'])):
        r = run('get', *args, PLAIN % s.port)
        ok(r.returncode == 1 and harmless(r.stderr + r.stdout) and b'\\x1b]0;owned' in r.stderr,
           f'{name}: what the server says is no command to the terminal', r.stdout + r.stderr)
    s = Answer(b'HTTP/1.1 302 x\r\nLocation: /\xe2\x80\xae\x9b\r\nContent-Length: 0\r\n\r\n')
    r = run('get', PLAIN % s.port)
    ok(r.returncode == 1 and harmless(r.stderr) and b'\\x9b' in r.stderr, 'nor is a redirect',
       r.stderr)
    s = Answer('HTTP/1.1 404 Größe\r\nContent-Length: 0\r\n\r\n'.encode())
    r = run('get', PLAIN % s.port)
    ok('Größe' in r.stderr.decode(), 'letters stay as they are', r.stderr)


def names_of_certificates():
    """A certificate whose names turn the text around them, or would be commands."""
    nasty = 'a\u202eb\u009b2Jc'
    certificate('nasty', '/O=' + nasty + '/CN=localhost')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path('nasty.pem'), path('nasty.key'))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    s = Answer(b'', context)
    for args in ([], ['--json'], ['--html', '/dev/stdout']):
        r = run('trace', '--wait', '0', '--cacert', path('nasty.pem'), *args, f'localhost:{s.port}')
        ok(r.returncode == 0 and harmless(r.stdout + r.stderr) and b'CN=localhost' in r.stdout,
           f'trace {args}: names in certificates are no commands', r.stdout[:300] + r.stderr)
    r = run('get', '--ulp', 'none', '--cacert', path('localhost.pem'), f'https://localhost:{s.port}')
    ok(r.returncode == 4 and harmless(r.stderr), 'nor where the certificate is refused', r.stderr)


def nobody_to_trust():
    """Whatever is wrong with the machine's store, the user is told an option, not a function."""
    os.mkdir(path('no-anchors'))
    with open(path('broken.pem'), 'w', encoding='ascii') as f:
        f.write('-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n')
    stores = ({'SSL_CERT_DIR': path('no-anchors')}, {'SSL_CERT_FILE': '/dev/null'},
              {'SSL_CERT_FILE': path('broken.pem')}, {'SSL_CERT_FILE': path('none')})
    clean = {k: v for k, v in os.environ.items() if not k.startswith('SSL_CERT')}
    for store in stores:
        for args in (['get', '--ulp', 'none', 'https://localhost:1/'], ['client', 'localhost:1'],
                     ['trace', 'localhost:1'], ['verify', path('localhost.pem'), 'localhost']):
            r = run(*args, env={**clean, **store})
            ok(r.returncode == 2 and b'--cacert FILE' in r.stderr and b'config_' not in r.stderr,
               f'{args[0]}, nobody to trust by {[*store]}: exit 2, --cacert', r.stderr)


def closed_descriptors(context):
    tls = Answer(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret', context)
    plain = Answer(b'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n')
    common = ['--ulp', 'none', '--cacert', path('localhost.pem')]
    for shell in ('>&-', '2>&-', '<&-', '<&- >&- 2>&-'):
        r = run('get', *common, '-o', path('got'), f'https://localhost:{tls.port}/', shell=shell)
        ok(r.returncode == 0 and open(path('got'), 'rb').read() == b'secret',
           f'get -o FILE {shell} works', r)
        os.unlink(path('got'))
        plain.requests.clear()
        r = run('get', PLAIN % plain.port, shell=shell)
        ok(r.returncode == 1 and len(plain.requests) == 1 and
           plain.requests[0].endswith(b'Connection: close\r\n\r\n'),
           f'get {shell}: the server gets the request and nothing else', plain.requests)
    r = run('get', *common, f'https://localhost:{tls.port}/', shell='>&-')
    ok(r.returncode == 2 and b'standard output' in r.stderr, 'get >&-: an error', r)
    r = run('client', *common, f'localhost:{tls.port}', shell='<&-')
    ok(r.returncode == 2 and b'standard input' in r.stderr, 'client <&-: an error', r)


def ranges():
    def get(*head, body=b'0123456789', asked='10-19'):
        s = Answer(b'\r\n'.join(head) + b'\r\n\r\n' + body)
        r = run('get', '--range', asked, PLAIN % s.port)
        return r.returncode, r.stdout, r.stderr

    part = b'HTTP/1.1 206 Partial Content'
    right = b'Content-Range: bytes 10-19/100'
    length = b'Content-Length: 10'
    chunks = b'4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n'
    ok(get(part, right, length)[:2] == (0, b'0123456789'), 'a range that was asked for')
    ok(get(part, right)[:2] == (0, b'0123456789'), 'its body up to the end of the connection')
    ok(get(part, right, b'Transfer-Encoding: chunked', body=chunks)[:2] == (0, b'0123456789'),
       'its body in chunks')
    ok(get(part, right, body=b'012345678')[0] == 6, 'one that is cut by the end of the connection')
    ok(get(part, right, b'Transfer-Encoding: chunked', body=chunks[9:])[0] == 6, 'or by its chunks')
    for name, head in (('another range', [part, b'Content-Range: bytes 0-9/100', length]),
                       ('no range', [part, length]),
                       ('a range of another length', [part, right, b'Content-Length: 11'])):
        got = get(*head)
        ok(got[:2] == (1, b'') and b'range' in got[2], f'{name}: said, and nothing stored', got)
    got = get(b'HTTP/1.1 200 OK', length)
    ok(got[:2] == (0, b'0123456789') and b'whole file' in got[2],
       'the whole file for a range: said', got)
    s = Answer(part + b'\r\n' + right + b'\r\n' + length + b'\r\n\r\n0123456789')
    r = run('get', PLAIN % s.port)
    ok((r.returncode, r.stdout) == (1, b''), 'a part that was not asked for is not the file', r)
    r = run('get', '--range', '10-19', (PLAIN % s.port).replace('http', 'HtTp'))
    ok(r.returncode == 0, 'a scheme in any case', r)


def main():
    certificate('localhost')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path('localhost.pem'), path('localhost.key'))
    escapes()
    names_of_certificates()
    nobody_to_trust()
    closed_descriptors(context)
    ranges()
    finish()


main()
