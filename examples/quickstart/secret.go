package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"
)

// secretIn returns the secret in a file, which only the user of this program can read. It makes the
// file if there is none.
//
// A secret must not change: with another one, everybody is signed out, and the stored keys of
// authenticator apps cannot be read, so their owners cannot sign in. A site has it in AUTH_SECRET,
// not beside its database.
func secretIn(file string) (string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text() + rand.Text() + "\n")
		err = create(file, text)
	}
	return strings.TrimSpace(string(text)), err
}

// create writes a file that does not exist.
func create(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
