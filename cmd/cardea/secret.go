package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
)

// secret prints 32 random bytes as base64url, so that the line needs no quoting in a shell or an
// .env file.
func secret(args []string, stdout io.Writer) error {
	if err := noArguments("secret", args); err != nil {
		return err
	}
	var key [32]byte
	rand.Read(key[:])
	_, err := fmt.Fprintln(stdout, base64.RawURLEncoding.EncodeToString(key[:]))
	return err
}
