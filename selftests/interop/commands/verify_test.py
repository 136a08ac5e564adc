# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""sealsock verify: its options, what it prints, and its exit status. TAP."""
import json
import subprocess
import time

from commands import certificate, finish, ok, path, run


def openssl(*args):
    subprocess.run(['openssl', *args], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def issue(name, subject, issuer, extensions):
    """NAME.pem, signed by ISSUER's key."""
    with open(path('ext.cnf'), 'w', encoding='ascii') as f:
        f.write(extensions + '\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n')
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
            '-keyout', path(name + '.key'), '-out', path(name + '.csr'), '-subj', subject)
    openssl('x509', '-req', '-in', path(name + '.csr'), '-CA', path(issuer + '.pem'), '-CAkey',
            path(issuer + '.key'), '-days', '2', '-out', path(name + '.pem'), '-extfile',
            path('ext.cnf'), '-CAcreateserial')


def write(name, *parts):
    with open(path(name), 'wb') as f:
        for p in parts:
            f.write(p if isinstance(p, bytes) else open(path(p), 'rb').read())
    return path(name)


def status(name, want, *args, text=''):
    r = run('verify', *args)
    ok(r.returncode == want and text in (r.stdout + r.stderr).decode(), name,
       (r.returncode, r.stdout, r.stderr))


def main():
    certificate('root')
    ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'
    issue('mid', '/CN=Mid', 'root', ca)
    issue('end', '/CN=end', 'mid', 'keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n'
          'subjectAltName=DNS:host.example,email:a@host.example,IP:192.0.2.1')
    chain, trust = write('chain.pem', 'end.pem', 'root.pem', 'mid.pem'), ('--cacert', path('root.pem'))
    openssl('x509', '-in', path('root.pem'), '-outform', 'DER', '-out', path('root.der'))

    status('a server needs serverAuth', 4, *trust, chain, text='extended-key-usage')
    status('a client does not', 0, '--purpose', 'client', *trust, chain, text='3 certificates')
    for host in 'host.example', '192.0.2.1', 'a@HOST.example':
        status(f'for {host}', 0, '--purpose', 'any', *trust, chain, host)
    for host in 'else.example', '192.0.2.2', 'b@host.example':
        status(f'not for {host}', 4, '--purpose', 'any', *trust, chain, host, text='name')
    status('an anchor in DER', 0, '--purpose', 'any', '--cacert', path('root.der'), chain)
    status('an anchor that is an intermediate', 0, '--purpose', 'any', '--cacert',
           path('mid.pem'), chain, text='2 certificates')
    status('one CA between', 0, '--purpose', 'any', '--max-depth', '1', *trust, chain)
    status('more than may be', 4, '--purpose', 'any', '--max-depth', '0', *trust, chain,
           text='depth')
    later = str(int(time.time()) + 3 * 86400)
    status('in three days', 4, '--purpose', 'any', '--at', later, *trust, chain, text='not-after')
    status('in a fraction of a second', 0, '--purpose', 'any', '--at',
           f'{int(time.time())}.999', *trust, chain)
    status('a policy is required', 4, '--purpose', 'any', '--require-policy', *trust, chain,
           text='policies')
    r = run('verify', '--explain', '--purpose', 'any', *trust, chain)
    ok(b'  + CN=Mid' in r.stdout and b'    + CN=test (anchor' in r.stdout, 'every step', r.stdout)
    r = run('verify', '--json', '--purpose', 'any', *trust, chain)
    told = json.loads(r.stdout)
    ok(told['ok'] and told['path_length'] == 3 and
       [s['subject'] for s in told['steps'] if s['taken']] == ['CN=Mid', 'CN=test'], 'as JSON', told)

    broken = write('broken.pem', b'-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n')
    status('an anchor that cannot be read proves nothing', 4, '--cacert', broken, chain)
    status('nor does such a list', 4, '--crl', broken, *trust, chain)
    r = run('verify', '--json', '--crl', broken, *trust, chain)
    ok(r.returncode == 4 and json.loads(r.stdout)['code'] == 'SEALSOCK_ERR_PEM', 'as JSON',
       r.stdout)
    status('a file that is not there', 2, '--cacert', path('none'), chain)
    status('no certificate', 2, *trust, path('root.key'))
    status('no name', 2, *trust, chain, 'a b', text="no host's name")
    status('no purpose', 2, '--purpose', 'mail', chain)
    status('no number', 2, '--max-depth', '-1', chain)
    finish()


main()
