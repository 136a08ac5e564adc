// SPDX-License-Identifier: GPL-2.0-only OR MIT

// Encrypted Client Hello with Go's crypto/tls, as either end.
//
//	ech server CERT KEY ECH-KEY LIST GROUP: listens, prints the port, and answers each
//	connection that sends something with a line about it, until its input ends. Without a key
//	there is no ECH; with a GROUP it is P-384 alone.
//	ech client ADDRESS NAME CA LIST TIMES: connects so often with one cache of sessions, and prints
//	a line about each.
package main

import (
	"bufio"
	"crypto/ecdh"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func list(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	check(err)
	return b
}

// key is the private key out of PKCS #8, of X25519: its last 32 bytes.
func key(der string) []byte {
	b := list(der)
	k, err := ecdh.X25519().NewPrivateKey(b[len(b)-32:])
	check(err)
	return k.Bytes()
}

func serve(args []string) {
	cert, err := tls.LoadX509KeyPair(args[0], args[1])
	check(err)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	if args[2] != "" {
		config.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{
			{Config: list(args[3])[2:], PrivateKey: key(args[2]), SendAsRetry: true},
		}
	}
	if args[4] != "" {
		config.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	check(err)
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			c, err := l.Accept()
			check(err)
			go answer(c.(*tls.Conn))
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

func about(c *tls.Conn) string {
	s := c.ConnectionState()
	return fmt.Sprintf("accepted=%t resumed=%t sni=%s", s.ECHAccepted, s.DidResume, s.ServerName)
}

func answer(c *tls.Conn) {
	defer c.Close()
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		return
	}
	fmt.Fprintf(c, "HTTP/1.0 200 OK\r\n\r\n%s\n", about(c))
}

func connect(config *tls.Config, address string) string {
	c, err := tls.Dial("tcp", address, config)
	var rejected *tls.ECHRejectionError
	if errors.As(err, &rejected) {
		return "rejected retry=" + base64.StdEncoding.EncodeToString(rejected.RetryConfigList)
	}
	if err != nil {
		return "failed " + err.Error()
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /small HTTP/1.0\r\n\r\n")
	page, err := io.ReadAll(c)
	if err != nil {
		return "failed " + err.Error()
	}
	return fmt.Sprintf("%s page=%q", about(c), page[len(page)-6:])
}

func client(args []string) {
	pem, err := os.ReadFile(args[2])
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	times, err := strconv.Atoi(args[4])
	check(err)
	config := &tls.Config{
		ServerName: args[1], RootCAs: pool, MinVersion: tls.VersionTLS13,
		ClientSessionCache: tls.NewLRUClientSessionCache(8),
	}
	if args[3] != "" {
		config.EncryptedClientHelloConfigList = list(args[3])
	}
	for i := 0; i < times; i++ {
		fmt.Println(connect(config, args[0]))
	}
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2:])
	} else {
		client(os.Args[2:])
	}
}
