# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How each peer's server and client are started for a cell."""
import os
import shutil
import subprocess
import threading
import time

import table


class Runtime:
    """Programs of the newer release run with its own linker and libraries."""

    def __init__(self, root):
        lib = os.path.join(root, 'usr/lib/x86_64-linux-gnu')
        self.prefix = [os.path.join(root, 'usr/lib64/ld-linux-x86-64.so.2'), '--library-path', lib]
        self.bin = os.path.join(root, 'usr/bin')

    def command(self, name):
        return [*self.prefix, os.path.join(self.bin, name)]


class Files:
    """Certificates of every kind, in the forms the peers want."""

    def __init__(self, folder):
        self.dir = folder

    def __call__(self, name):
        return os.path.join(self.dir, name)

    def run(self, *args):
        subprocess.run(args, cwd=self.dir, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def key(self, kind, name):
        how = {'p256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
               'p384': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
               'p521': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
               'rsa': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
               'rsapss': ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048']}
        self.run('openssl', 'genpkey', '-algorithm', *how.get(kind, [kind]), '-out', name)

    def make(self):
        self.key('p256', 'ca.key')
        self.run('openssl', 'req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=matrix-ca',
                 '-days', '3', '-out', 'ca.pem', '-addext', 'basicConstraints=critical,CA:TRUE',
                 '-addext', 'keyUsage=critical,keyCertSign')
        self.run('certutil', '-N', '-d', 'sql:' + self.dir, '--empty-password')
        self.run('certutil', '-A', '-d', 'sql:' + self.dir, '-n', 'ca', '-t', 'CT,C,C', '-i', 'ca.pem')
        for serial, kind in enumerate(table.CERTS, 2):
            self.leaf(kind, serial)
        with open(self('request'), 'w', encoding='ascii') as f:
            f.write('hello\n')

    def leaf(self, kind, serial):
        usage = 'digitalSignature' + (',keyEncipherment' if kind == 'rsa' else '')
        with open(self(kind + '.ext'), 'w', encoding='ascii') as f:
            f.write('subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n'
                    f'extendedKeyUsage=serverAuth,clientAuth\nkeyUsage={usage}\n')
        self.key(kind, kind + '.key')
        self.run('openssl', 'req', '-new', '-key', kind + '.key', '-subj', '/CN=' + kind,
                 '-out', kind + '.csr')
        self.run('openssl', 'x509', '-req', '-in', kind + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                 '-days', '2', '-out', kind + '.pem', '-extfile', kind + '.ext',
                 '-set_serial', str(serial))
        if kind not in table.EDWARDS:
            self.run('openssl', 'pkcs12', '-export', '-in', kind + '.pem', '-inkey', kind + '.key',
                     '-name', kind, '-out', kind + '.p12', '-passout', 'pass:x')
            self.run('pk12util', '-i', kind + '.p12', '-d', 'sql:' + self.dir, '-W', 'x', '-K', '')


def column(i, names=table.GROUPS):
    return [row[i] for row in names.values() if row[i]]


OPENSSL12 = 'ALL:!aNULL:!eNULL:@SECLEVEL=1'
SUITES13 = ':'.join(s[0] for s in table.SUITES13.values())


NSS_SCHEMES = ','.join(f'{kind}_{digest}' for kind in ('rsa_pss_rsae', 'rsa_pss_pss', 'rsa_pkcs1')
                       for digest in ('sha256', 'sha384', 'sha512'))
NSS_SCHEMES += ',ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512'


class Peers:
    def __init__(self, files, runtime):
        self.f = files
        self.runtime = runtime
        self.openssl = {'openssl30': ['openssl'], 'openssl35': runtime.command('openssl')}
        self.policies = 0
        self.lock = threading.Lock()

    # Servers: for one version, certificate and wish for a client certificate; everything else is on.

    def server(self, peer, version, cert, auth, port):
        return getattr(self, 'server_' + peer.rstrip('0123456789'))(peer, version, cert, auth,
                                                                    str(port))

    def server_openssl(self, peer, version, cert, auth, port):
        groups = [g for n, g in zip(table.GROUPS, column(0))
                  if not n.startswith('ffdhe') and (peer != 'openssl30' or n not in table.MLKEM)]
        args = ['s_server', '-accept', '127.0.0.1:' + port, '-cert', self.f(cert + '.pem'),
                '-key', self.f(cert + '.key'), '-rev', '-CAfile', self.f('ca.pem'),
                '-tls1_3' if version == 'TLSv1.3' else '-tls1_2', '-groups', ':'.join(groups),
                '-cipher', OPENSSL12, '-ciphersuites', SUITES13]
        if auth:
            args += ['-Verify', '2', '-verify_return_error']
        return [*self.openssl[peer], *args], 'hello\\n', 'olleh'

    def gnutls_priority(self, version, groups, ciphers):
        return ':'.join(['NORMAL', '-VERS-ALL', '+VERS-TLS' + version[4:], '-GROUP-ALL',
                         *('+' + g for g in groups), '-CIPHER-ALL', *('+' + c for c in ciphers),
                         '+MAC-ALL', '+SHA256', '+SHA384', '+DHE-RSA', '+RSA'])

    def server_gnutls(self, peer, version, cert, auth, port):
        args = ['gnutls-serv', '-q', '--echo', '-p', port, '--x509certfile', self.f(cert + '.pem'),
                '--x509keyfile', self.f(cert + '.key'), '--x509cafile', self.f('ca.pem'),
                '--priority', self.gnutls_priority(version, column(1),
                                                   column(0, table.CIPHERS))]
        args += ['-r', '--verify-client-cert'] if auth else ['-a']
        return args, 'hello\\n', 'hello'

    def server_nss(self, peer, version, cert, auth, port):
        v = version.lower().replace('v', '')
        args = ['selfserv', '-d', 'sql:' + self.f.dir, '-p', port, '-n', cert, '-V', f'{v}:{v}', '-u',
                '-G', '-H', '1', '-I', ','.join(column(2)), '-J', NSS_SCHEMES]
        if cert.startswith('p'):
            args[args.index('-n')] = '-e'
        return args + (['-r', '-r'] if auth else []), 'GET_/_HTTP/1.0\\n\\n', 'HTTP/1.0 200'

    def policy(self, version, groups, ciphers):
        """A file with Botan's policy."""
        with self.lock:
            self.policies += 1
            path = self.f(f'policy{self.policies}')
        with open(path, 'w', encoding='ascii') as f:
            f.write(f'allow_tls12 = {str(version == "TLSv1.2").lower()}\n'
                    f'allow_tls13 = {str(version == "TLSv1.3").lower()}\n'
                    f'ciphers = {" ".join(ciphers)}\n'
                    f'key_exchange_groups = {" ".join(groups)}\n'
                    'signature_methods = ECDSA RSA\nsignature_hashes = SHA-512 SHA-384 SHA-256\n'
                    'key_exchange_methods = ECDH DH RSA\n'
                    'macs = AEAD SHA-256 SHA-384 SHA-1\n'
                    'require_cert_revocation_info = false\nminimum_rsa_bits = 2048\n'
                    'reuse_session_tickets = true\n')
        return path

    def server_botan(self, peer, version, cert, auth, port):
        return [*self.runtime.command('botan'), 'tls_server', self.f(cert + '.pem'),
                self.f(cert + '.key'), '--port=' + port, '--policy=' +
                self.policy(version, column(3), column(1, table.CIPHERS))], 'hello\\n', 'hello'

    # Clients: for one cell. A list of commands, one after the other; the last one's output counts.

    def client(self, peer, cell, port):
        return getattr(self, 'client_' + peer.rstrip('0123456789'))(peer, cell, str(port))

    def client_openssl(self, peer, cell, port):
        args = [*self.openssl[peer], 's_client', '-connect', 'localhost:' + port, '-quiet',
                '-ign_eof', '-CAfile', self.f('ca.pem'), '-verify_return_error',
                '-servername', 'localhost']
        if cell['version'] == 'TLSv1.3':
            args += ['-tls1_3', '-ciphersuites', table.suite_of(cell)[0]]
        else:
            prefix = {'RSA': '', 'DHE_RSA': 'DHE-RSA-', 'ECDHE_RSA': 'ECDHE-RSA-',
                      'ECDHE_ECDSA': 'ECDHE-ECDSA-'}[table.auth_of(cell)]
            args += ['-tls1_2', '-cipher', prefix + table.CIPHERS[cell['cipher']][2] +
                     ':@SECLEVEL=1']
        if table.ecc(cell):
            args += ['-groups', ':'.join(table.GROUPS[g][0] for g in table.groups_of(cell))]
        if cell['client'] != 'none':
            args += ['-cert', self.f(cell['client'] + '.pem'), '-key',
                     self.f(cell['client'] + '.key')]
        if cell['resume'] == 'full':
            return [args]
        session = self.f(f'session-{threading.get_ident()}')
        return [[*args, '-sess_out', session], [*args, '-sess_in', session]]

    def client_gnutls(self, peer, cell, port):
        groups = [table.GROUPS[g][1] for g in table.groups_of(cell)] if table.ecc(cell) else column(1)
        priority = self.gnutls_priority(cell['version'], groups,
                                        [table.CIPHERS[cell['cipher']][0]])
        if cell['version'] == 'TLSv1.2':
            keep = {'RSA': 'RSA', 'DHE_RSA': 'DHE-RSA', 'ECDHE_RSA': 'ECDHE-RSA',
                    'ECDHE_ECDSA': 'ECDHE-ECDSA'}[table.auth_of(cell)]
            priority += ':-KX-ALL:+' + keep
        args = ['gnutls-cli', '--x509cafile', self.f('ca.pem'), '--priority', priority, '-p', port]
        if cell['client'] != 'none':
            args += ['--x509certfile', self.f(cell['client'] + '.pem'), '--x509keyfile',
                     self.f(cell['client'] + '.key')]
        if cell['resume'] != 'full':
            args += ['--resume', *(['--waitresumption'] if cell['version'] == 'TLSv1.3' else [])]
        return [[*args, 'localhost']]

    def client_nss(self, peer, cell, port):
        v = cell['version'].lower().replace('v', '')
        args = ['tstclnt', '-4', '-d', 'sql:' + self.f.dir, '-h', 'localhost', '-p', port,
                '-V', f'{v}:{v}', '-A', self.f('request'), '-u', '-G', '-J', NSS_SCHEMES]
        if table.ecc(cell):
            args += ['-I', ','.join(table.GROUPS[g][2] for g in table.groups_of(cell))]
        if cell['client'] != 'none':
            args += ['-n', cell['client']]
        # A second connection finds the list of -c used up: then only our side names the suite.
        if cell['resume'] == 'full':
            args += ['-c', ':' + table.suite_of(cell)[1]]
        else:
            args += ['-L', '2']
        return [args]

    def client_botan(self, peer, cell, port):
        groups = [table.GROUPS[g][3] for g in table.groups_of(cell)] if table.ecc(cell) else column(3)
        args = [*self.runtime.command('botan'), 'tls_client', 'localhost', '--port=' + port,
                '--trusted-cas=' + self.f('ca.pem'), '--skip-system-cert-store',
                '--policy=' + self.policy(cell['version'], groups,
                                          [table.CIPHERS[cell['cipher']][1]])]
        if cell['client'] != 'none':
            args += ['--client-cert=' + self.f(cell['client'] + '.pem'),
                     '--client-cert-key=' + self.f(cell['client'] + '.key')]
        if cell['resume'] == 'full':
            return [args]
        db = self.f(f'sessions-{threading.get_ident()}')
        if os.path.exists(db):
            os.remove(db)
        args += ['--session-db=' + db, '--session-db-pass=x']
        return [args, args]


def until_listening(port, process, seconds):
    """True once something listens on the port of the loopback address."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        for path in ('/proc/net/tcp', '/proc/net/tcp6'):
            with open(path, encoding='ascii') as f:
                words = [line.split() for line in f]
            if any(w[3] == '0A' and w[1].endswith(f':{port:04X}') for w in words):
                return True
        time.sleep(0.02)
    return False


def missing_programs():
    return [p for p in ('openssl', 'gnutls-cli', 'gnutls-serv', 'tstclnt', 'selfserv', 'certutil',
                        'pk12util') if not shutil.which(p)]
