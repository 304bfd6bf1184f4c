package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
)

// secret prints 32 random bytes in base64url, which needs no quotes in a shell or in an .env file.
func secret(args []string, stdout io.Writer) error {
	if err := noArguments("secret", args); err != nil {
		return err
	}
	var key [32]byte
	rand.Read(key[:])
	_, err := fmt.Fprintln(stdout, base64.RawURLEncoding.EncodeToString(key[:]))
	return err
}
