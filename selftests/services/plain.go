// SPDX-License-Identifier: GPL-2.0-only OR MIT

// plain-go serve PORT DIR, given DIR (with the socket that is descriptor 3), get N URL: HTTP in the
// clear by net/http. get asks N times at once and prints what the SHA-256 of each answer is.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func get(url string) (string, error) {
	client := http.Client{Transport: &http.Transport{}}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	hash := sha256.New()
	if _, err = io.Copy(hash, response.Body); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}

func getAll(n int, url string) {
	type answer struct {
		sum string
		err error
	}
	answers := make(chan answer)
	for i := 0; i < n; i++ {
		go func() {
			sum, err := get(url)
			answers <- answer{sum, err}
		}()
	}
	for i := 0; i < n; i++ {
		a := <-answers
		check(a.err)
		fmt.Println(a.sum)
	}
}

func main() {
	args := append(os.Args[1:], "", "", "")
	switch args[0] {
	case "serve":
		check(http.ListenAndServe(":"+args[1], http.FileServer(http.Dir(args[2]))))
	case "given":
		listener, err := net.FileListener(os.NewFile(3, "listener"))
		check(err)
		check(http.Serve(listener, http.FileServer(http.Dir(args[1]))))
	case "get":
		n, err := strconv.Atoi(args[1])
		check(err)
		getAll(n, args[2])
	default:
		os.Exit(2)
	}
}
