// SPDX-License-Identifier: GPL-2.0-only OR MIT

// ask HOST:PORT [ADDRESS:PORT]: asks a server for / and prints what it answers.
// ask --serve :PORT [CREDENTIAL]: answers every request with a line.
//
// The sockets are net's, the protocol is net/http's, in the clear for all they know: TLS was asked
// for before listen() or connect(). <linux/sealsock_hold.h> has the structure. (Sockets of MPTCP, which
// newer releases listen with by default, can have no TLS.)

//go:debug multipathtcp=0
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

const (
	solTLS       = 282
	tcpULP       = 31
	sealsockRole = 0x530b
	serve        = 1
	connect      = 2
)

type role struct {
	Role, Flags, ClientCertificate uint32
	AlpnLen, Reserved              uint16
	Credential, Trust, Profile     [64]byte
	Host, Alpn                     [256]byte
}

// For net.ListenConfig and net.Dialer: called before listen() and connect().
func askForTLS(r role) func(network, address string, c syscall.RawConn) error {
	return func(network, address string, c syscall.RawConn) (err error) {
		var b bytes.Buffer

		binary.Write(&b, binary.LittleEndian, r)
		outer := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, tcpULP, "sealsock")
			if err == nil {
				err = syscall.SetsockoptString(int(fd), solTLS, sealsockRole, b.String())
			}
		})
		if err == nil {
			err = outer
		}
		return err
	}
}

func server(address, credential string) error {
	r := role{Role: serve}
	copy(r.Credential[:63], credential)
	config := net.ListenConfig{Control: askForTLS(r)}
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "hello from Go")
	}))
}

func client(host, address string) error {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return err
	}
	r := role{Role: connect}
	copy(r.Host[:255], name)
	dialer := net.Dialer{Control: askForTLS(r)}
	http.DefaultTransport.(*http.Transport).DialContext =
		func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	response, err := http.Get("http://" + host + "/")
	if err != nil {
		return err
	}
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func main() {
	args := append(os.Args[1:], "", "", "")
	var err error

	switch {
	case args[0] == "--serve":
		err = server(args[1], args[2])
	case args[1] != "":
		err = client(args[0], args[1])
	default:
		err = client(args[0], args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
