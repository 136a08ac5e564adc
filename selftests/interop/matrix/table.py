# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The interop matrix as a table: what there is to combine, who the peers are, what cannot be had."""

# Names as this library has them; then as OpenSSL, GnuTLS, NSS and Botan have them.
GROUPS = {
    'x25519': ('X25519', 'GROUP-X25519', 'x25519', 'x25519'),
    'secp256r1': ('P-256', 'GROUP-SECP256R1', 'P256', 'secp256r1'),
    'secp384r1': ('P-384', 'GROUP-SECP384R1', 'P384', 'secp384r1'),
    'secp521r1': ('P-521', 'GROUP-SECP521R1', 'P521', 'secp521r1'),
    'x448': ('X448', 'GROUP-X448', None, 'x448'),
    'ffdhe2048': ('ffdhe2048', 'GROUP-FFDHE2048', 'FF2048', 'ffdhe/ietf/2048'),
    'ffdhe3072': ('ffdhe3072', 'GROUP-FFDHE3072', 'FF3072', 'ffdhe/ietf/3072'),
    'X25519MLKEM768': ('X25519MLKEM768', None, None, 'x25519/ML-KEM-768'),
    'SecP256r1MLKEM768': ('SecP256r1MLKEM768', None, None, 'secp256r1/ML-KEM-768'),
}

# Ciphers as GnuTLS and Botan have them, and OpenSSL's names for TLS 1.2.
CIPHERS = {
    'AES_128_GCM': ('AES-128-GCM', 'AES-128/GCM', 'AES128-GCM-SHA256'),
    'AES_256_GCM': ('AES-256-GCM', 'AES-256/GCM', 'AES256-GCM-SHA384'),
    'CHACHA20_POLY1305': ('CHACHA20-POLY1305', 'ChaCha20Poly1305', 'CHACHA20-POLY1305'),
    'AES_128_CCM': ('AES-128-CCM', 'AES-128/CCM', 'AES128-CCM'),
    'AES_128_CBC_SHA': ('AES-128-CBC', 'AES-128', 'AES128-SHA'),
    'AES_256_CBC_SHA': ('AES-256-CBC', 'AES-256', 'AES256-SHA'),
    'AES_128_CBC_SHA256': ('AES-128-CBC', 'AES-128', 'AES128-SHA256'),
    'AES_256_CBC_SHA256': ('AES-256-CBC', 'AES-256', 'AES256-SHA256'),
    'AES_256_CBC_SHA384': ('AES-256-CBC', 'AES-256', 'AES256-SHA384'),
}
SUITES13 = {
    'AES_128_GCM': ('TLS_AES_128_GCM_SHA256', '1301'),
    'AES_256_GCM': ('TLS_AES_256_GCM_SHA384', '1302'),
    'CHACHA20_POLY1305': ('TLS_CHACHA20_POLY1305_SHA256', '1303'),
    'AES_128_CCM': ('TLS_AES_128_CCM_SHA256', '1304'),
}
# Suites of TLS 1.2 by key exchange and certificate's kind, with their numbers.
SUITES12 = {
    ('ECDHE_ECDSA', 'AES_128_GCM'): ('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'C02B'),
    ('ECDHE_ECDSA', 'AES_256_GCM'): ('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'C02C'),
    ('ECDHE_ECDSA', 'CHACHA20_POLY1305'):
        ('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'CCA9'),
    ('ECDHE_ECDSA', 'AES_128_CCM'): ('TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'C0AC'),
    ('ECDHE_RSA', 'AES_128_GCM'): ('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'C02F'),
    ('ECDHE_RSA', 'AES_256_GCM'): ('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'C030'),
    ('ECDHE_RSA', 'CHACHA20_POLY1305'):
        ('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'CCA8'),
    ('DHE_RSA', 'AES_128_GCM'): ('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', '009E'),
    ('DHE_RSA', 'AES_256_GCM'): ('TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', '009F'),
    ('DHE_RSA', 'CHACHA20_POLY1305'):
        ('TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'CCAA'),
    ('DHE_RSA', 'AES_128_CCM'): ('TLS_DHE_RSA_WITH_AES_128_CCM', 'C09E'),
    ('RSA', 'AES_128_GCM'): ('TLS_RSA_WITH_AES_128_GCM_SHA256', '009C'),
    ('RSA', 'AES_256_GCM'): ('TLS_RSA_WITH_AES_256_GCM_SHA384', '009D'),
    ('RSA', 'AES_128_CCM'): ('TLS_RSA_WITH_AES_128_CCM', 'C09C'),
}
# Those of AES-CBC, by hash: the numbers for each exchange, None where there is no such suite.
for _kx, *_numbers in (('ECDHE_ECDSA', 'C009', 'C00A', 'C023', None, 'C024'),
                       ('ECDHE_RSA', 'C013', 'C014', 'C027', None, 'C028'),
                       ('DHE_RSA', '0033', '0039', '0067', '006B', None),
                       ('RSA', '002F', '0035', '003C', '003D', None)):
    for _cipher, _number in zip([c for c in CIPHERS if '_CBC_' in c], _numbers):
        if _number:
            SUITES12[_kx, _cipher] = (f'TLS_{_kx}_WITH_{_cipher}', _number)

CERTS = ('p256', 'p384', 'p521', 'ed25519', 'ed448', 'rsa', 'rsapss')
CLIENT_CERTS = ('none', 'p256', 'rsa')
# What a cell is made of, in the order in which it is printed.
DIMENSIONS = ('kx', 'cert', 'cipher', 'resume', 'client')

VALUES = {
    'TLSv1.3': {
        'kx': ('x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448', 'X25519MLKEM768',
               'SecP256r1MLKEM768'),
        'cert': CERTS,
        'cipher': tuple(SUITES13),
        'resume': ('full', 'ticket'),
        'client': CLIENT_CERTS,
    },
    'TLSv1.2': {
        'kx': ('x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448', 'dhe', 'rsa'),
        'cert': CERTS,
        'cipher': tuple(CIPHERS),
        'resume': ('full', 'ticket'),
        'client': CLIENT_CERTS,
    },
}

PEERS = {
    'openssl30': 'OpenSSL 3.0',
    'openssl35': 'OpenSSL 3.5',
    'gnutls': 'GnuTLS 3.7',
    'nss': 'NSS 3.87',
    'botan': 'Botan 3.12',
}


def auth_of(cell):
    """Which name a TLS 1.2 suite has for key exchange and certificate."""
    if cell['kx'] == 'rsa':
        return 'RSA'
    if cell['kx'] == 'dhe':
        return 'DHE_RSA'
    return 'ECDHE_RSA' if cell['cert'].startswith('rsa') else 'ECDHE_ECDSA'


def suite_of(cell):
    """(our name, number), or None: there is no such suite."""
    if cell['version'] == 'TLSv1.3':
        return SUITES13[cell['cipher']]
    return SUITES12.get((auth_of(cell), cell['cipher']))


def exists(cell):
    """Is there such a combination in the protocol at all?"""
    if not suite_of(cell):
        return False
    if cell['kx'] == 'rsa' and cell['cert'] != 'rsa':
        return False
    return not (cell['kx'] == 'dhe' and not cell['cert'].startswith('rsa'))


def ecc(cell):
    return cell['kx'] not in ('dhe', 'rsa')


def cbc(cell):
    return '_CBC_' in cell['cipher']


def legacy(cell):
    """Does it need the profile?"""
    return cbc(cell) or not ecc(cell)


CURVES = {'p256': 'secp256r1', 'p384': 'secp384r1', 'p521': 'secp521r1'}


def groups_of(cell):
    """The groups to offer: in TLS 1.2 the list is also that of the certificates' curves."""
    groups = [cell['kx']]
    if cell['version'] == 'TLSv1.2':
        groups += [CURVES[c] for c in (cell['cert'], cell['client']) if c in CURVES]
    return list(dict.fromkeys(groups))


# Servers that, in TLS 1.2, take the group by an order of their own: any that was offered is right.
OWN_ORDER = ('nss', 'botan')

MLKEM = ('X25519MLKEM768', 'SecP256r1MLKEM768')
EDWARDS = ('ed25519', 'ed448')

# (which cells, why not): peer, role of ours, and cell to a truth. The first that holds is the reason.
UNSUPPORTED = [
    (lambda p, r, c: c['kx'] in MLKEM and p == 'openssl30', 'OpenSSL 3.0 has no ML-KEM'),
    (lambda p, r, c: c['kx'] in MLKEM and p == 'gnutls', 'GnuTLS 3.7 has no ML-KEM'),
    (lambda p, r, c: c['kx'] in MLKEM and p == 'nss', 'NSS 3.87 has no ML-KEM'),
    (lambda p, r, c: c['kx'] == 'x448' and p == 'nss', 'NSS has no X448'),
    (lambda p, r, c: c['cipher'] == 'AES_128_CCM' and p == 'nss', 'NSS has no CCM'),
    (lambda p, r, c: c['cert'] in EDWARDS and p == 'nss',
     'NSS 3.87 has no Ed25519 and Ed448 certificates'),
    (lambda p, r, c: c['cert'] in EDWARDS and p == 'botan', 'Botan does not use EdDSA in TLS'),
    (lambda p, r, c: c['cert'] == 'rsapss' and p == 'botan',
     'Botan has no rsa_pss_pss schemes (it signs as rsa_pss_rsae with such a key)'),
    (lambda p, r, c: c['client'] != 'none' and p == 'botan' and r == 'client',
     "Botan's command-line server cannot ask for a certificate"),
    (lambda p, r, c: cbc(c) and p == 'nss', 'NSS has no encrypt_then_mac'),
    (lambda p, r, c: c['kx'] == 'rsa' and p == 'botan', 'Botan has no RSA key transport'),
]

# The same for what this library does not have yet. A cell of each is tried: once it works, the table
# is out of date, and that fails.
MISSING = []
