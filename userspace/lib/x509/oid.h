/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Object identifiers, as DER has them behind tag and length. */
#ifndef SEALSOCK_X509_OID_H
#define SEALSOCK_X509_OID_H

#include "base/wire.h"

#define OID(s) ((struct bytes){ .p = (const uint8_t *)(s), .n = sizeof(s) - 1 })

/* Keys, signatures and hashes: RFC 3279, 4055, 5480, 5758, 8410. */
#define OID_RSA			OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_MD5_RSA		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04")
#define OID_SHA1_RSA		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")
#define OID_MGF1		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")
#define OID_RSA_PSS		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
#define OID_SHA256_RSA		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")
#define OID_SHA384_RSA		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c")
#define OID_SHA512_RSA		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d")
#define OID_EC			OID("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_P256		OID("\x2a\x86\x48\xce\x3d\x03\x01\x07")
#define OID_P384		OID("\x2b\x81\x04\x00\x22")
#define OID_P521		OID("\x2b\x81\x04\x00\x23")
#define OID_ECDSA_SHA1		OID("\x2a\x86\x48\xce\x3d\x04\x01")
#define OID_ECDSA_SHA256	OID("\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define OID_ECDSA_SHA384	OID("\x2a\x86\x48\xce\x3d\x04\x03\x03")
#define OID_ECDSA_SHA512	OID("\x2a\x86\x48\xce\x3d\x04\x03\x04")
#define OID_ED25519		OID("\x2b\x65\x70")
#define OID_ED448		OID("\x2b\x65\x71")
#define OID_SHA1		OID("\x2b\x0e\x03\x02\x1a")
#define OID_SHA256		OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define OID_SHA384		OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02")
#define OID_SHA512		OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03")

/* Extensions of certificates: RFC 5280 §4.2, 7633, 6962. */
#define OID_SUBJECT_DIRECTORY	OID("\x55\x1d\x09")
#define OID_SKI			OID("\x55\x1d\x0e")
#define OID_KEY_USAGE		OID("\x55\x1d\x0f")
#define OID_SAN			OID("\x55\x1d\x11")
#define OID_ISSUER_ALT		OID("\x55\x1d\x12")
#define OID_BASIC_CONSTRAINTS	OID("\x55\x1d\x13")
#define OID_NAME_CONSTRAINTS	OID("\x55\x1d\x1e")
#define OID_CRL_POINTS		OID("\x55\x1d\x1f")
#define OID_POLICIES		OID("\x55\x1d\x20")
#define OID_MAPPINGS		OID("\x55\x1d\x21")
#define OID_AKI			OID("\x55\x1d\x23")
#define OID_POLICY_CONSTRAINTS	OID("\x55\x1d\x24")
#define OID_EKU			OID("\x55\x1d\x25")
#define OID_FRESHEST_CRL	OID("\x55\x1d\x2e")
#define OID_INHIBIT_ANY		OID("\x55\x1d\x36")
#define OID_AUTHORITY_INFO	OID("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define OID_SUBJECT_INFO	OID("\x2b\x06\x01\x05\x05\x07\x01\x0b")
#define OID_TLS_FEATURE		OID("\x2b\x06\x01\x05\x05\x07\x01\x18")
#define OID_OCSP_NOCHECK	OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x05")

/* Extensions of CRLs and their entries: RFC 5280 §5.2, §5.3. */
#define OID_CRL_NUMBER		OID("\x55\x1d\x14")
#define OID_CRL_REASON		OID("\x55\x1d\x15")
#define OID_INVALIDITY_DATE	OID("\x55\x1d\x18")
#define OID_DELTA_CRL		OID("\x55\x1d\x1b")
#define OID_ISSUING_POINT	OID("\x55\x1d\x1c")
#define OID_CERTIFICATE_ISSUER	OID("\x55\x1d\x1d")

/* Purposes and policies. */
#define OID_ANY_EKU		OID("\x55\x1d\x25\x00")
#define OID_SERVER_AUTH		OID("\x2b\x06\x01\x05\x05\x07\x03\x01")
#define OID_CLIENT_AUTH		OID("\x2b\x06\x01\x05\x05\x07\x03\x02")
#define OID_CODE_SIGNING	OID("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define OID_EMAIL_PROTECTION	OID("\x2b\x06\x01\x05\x05\x07\x03\x04")
#define OID_TIME_STAMPING	OID("\x2b\x06\x01\x05\x05\x07\x03\x08")
#define OID_OCSP_SIGNING	OID("\x2b\x06\x01\x05\x05\x07\x03\x09")
#define OID_PRECERTIFICATE	OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x04")
#define OID_ANY_POLICY		OID("\x55\x1d\x20\x00")
#define OID_CPS			OID("\x2b\x06\x01\x05\x05\x07\x02\x01")
#define OID_USER_NOTICE		OID("\x2b\x06\x01\x05\x05\x07\x02\x02")
#define OID_OCSP_BASIC		OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")

/* Attributes of names: RFC 5280 appendix A.1. */
#define OID_COMMON_NAME		OID("\x55\x04\x03")
#define OID_EMAIL		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")

#endif
