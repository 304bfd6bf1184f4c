// Package uuid writes UUIDs (RFC 9562) as text.
package uuid

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// NewRandom returns a new random UUID of version 4 (RFC 9562, Section 5.4). It has 122 random bits,
// enough to be unguessable.
func NewRandom() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return format(b, 4)
}

// NewSHA256 returns a UUID of version 8 (RFC 9562, Section 5.8) that consists of the SHA-256 hash
// of data. It is always the same for the same data.
func NewSHA256(data string) string {
	sum := sha256.Sum256([]byte(data))
	return format([16]byte(sum[:16]), 8)
}

// format sets the version and variant bits (RFC 9562, Sections 4.1 and 4.2).
func format(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	text := make([]byte, 0, 36) // by hand, because each token has a new one
	for _, part := range [][]byte{b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]} {
		if len(text) > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}
