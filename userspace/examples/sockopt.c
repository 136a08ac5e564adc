// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sockopt [ULP]: the socket options alone, without the library. Both ends of a TCP connection get
 * keys, which in earnest come out of a handshake made elsewhere; then read and write speak TLS 1.3.
 */
#include <arpa/inet.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* Two ends of a connection over 127.0.0.1. */
static int connect_pair(int end[2])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	end[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&sin, len) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&sin, &len) ||
	    connect(end[0], (struct sockaddr *)&sin, len))
		return -1;
	end[1] = accept(l, NULL, NULL);
	close(l);
	return end[1];
}

/* One key for each direction: what one end sends with, the other receives with. */
static struct tls12_crypto_info_aes_gcm_128 demo_key(unsigned char seed)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info.version = TLS_1_3_VERSION,
		.info.cipher_type = TLS_CIPHER_AES_GCM_128,
	};

	memset(key.key, seed, sizeof(key.key));
	memset(key.salt, seed + 1, sizeof(key.salt));
	memset(key.iv, seed + 2, sizeof(key.iv));
	return key;		/* rec_seq is 0: nothing was sealed with it before */
}

int main(int argc, char **argv)
{
	struct tls12_crypto_info_aes_gcm_128 there = demo_key(1), back = demo_key(11);
	const char *ulp = argc > 1 ? argv[1] : "sealsock";
	char buf[64] = "";
	int end[2];

	if (connect_pair(end) < 0)
		return perror("connection"), 3;
	for (int i = 0; i < 2; i++)
		if (setsockopt(end[i], IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp)) ||
		    setsockopt(end[i], SOL_TLS, TLS_TX, i ? &back : &there, sizeof(there)) ||
		    setsockopt(end[i], SOL_TLS, TLS_RX, i ? &there : &back, sizeof(there)))
			return perror(ulp), 5;

	if (write(end[0], "sealed by the kernel", 20) != 20 ||
	    read(end[1], buf, sizeof(buf)) != 20 || write(end[1], "and back", 8) != 8)
		return perror("data"), 6;
	printf("%s, ", buf);
	memset(buf, 0, sizeof(buf));
	if (read(end[0], buf, sizeof(buf)) != 8)
		return perror("data"), 6;
	printf("%s\n", buf);
	close(end[0]);
	close(end[1]);
	return 0;
}
