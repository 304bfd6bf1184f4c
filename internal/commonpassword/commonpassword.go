// Package commonpassword knows the passwords that are tried first: the 49,000 most common ones, and
// what people make of them to reach a length.
package commonpassword

import (
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// compressed is the list, which list.mjs has made.
//
//go:embed list.txt.gz
var compressed string

// list is the list: in lower case, sorted, each with a line end behind it. It takes about half a
// megabyte of memory, so it is unpacked when the first password is checked.
var list = sync.OnceValue(func() string {
	var text []byte
	r, err := gzip.NewReader(strings.NewReader(compressed))
	if err == nil {
		text, err = io.ReadAll(r)
	}
	if err != nil { // the list is part of the program, so every test finds such a fault
		panic("list of common passwords: " + err.Error())
	}
	return string(text)
})

// maxAdded is how many characters that are no letters may be added to a common password.
const maxAdded = 8

// Contains reports whether a password is common, whatever its case: one of the list, such a one
// with a few digits and signs before or after it, such a one repeated, or a sequence of keys. It
// may be called concurrently.
func Contains(password string) bool {
	lower := strings.ToLower(password)
	unit := repeated(lower)
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	if utf8.RuneCountInString(lower)-utf8.RuneCountInString(core) > maxAdded {
		core = lower
	}
	return has(lower) || has(unit) || has(core) || has(repeated(core)) || isSequence(unit)
}

// has reports whether a text in lower case is a line of the list.
func has(word string) bool {
	text := list()
	low, high := 0, len(text) // each is where a line begins
	for low < high {
		middle := low + (high-low)/2
		begin := strings.LastIndexByte(text[:middle], '\n') + 1
		end := begin + strings.IndexByte(text[begin:], '\n')
		switch strings.Compare(word, text[begin:end]) {
		case 0:
			return true
		case -1:
			high = begin
		default:
			low = end + 1
		}
	}
	return false
}

// repeated returns the shortest text that makes another one when it is repeated, the last time
// perhaps in part.
func repeated(text string) string {
	for i := range text {
		if i > 0 && strings.HasPrefix(text, text[i:]) {
			return text[:i]
		}
	}
	return text
}

// keys are the sequences that people type along: alphabet, digits and rows of keyboards.
var keys = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"}

// isSequence reports whether a text consists of at most three sequences of keys, forwards or
// backwards, or of at most three characters.
func isSequence(text string) bool {
	if utf8.RuneCountInString(text) <= 3 {
		return true
	}
	for range 3 {
		if text = text[sequenceLength(text):]; text == "" {
			return true
		}
	}
	return false
}

// sequenceLength returns how many bytes at the beginning of a text are a sequence of keys, at least
// 3 or none.
func sequenceLength(text string) int {
	length := 0
	for _, row := range keys {
		for _, direction := range []string{row, reversed(row)} {
			start := strings.IndexByte(direction, text[0])
			if start < 0 {
				continue
			}
			n := 0
			for n < len(text) && start+n < len(direction) && text[n] == direction[start+n] {
				n++
			}
			length = max(length, n)
		}
	}
	if length < 3 {
		return 0
	}
	return length
}

func reversed(ascii string) string {
	b := []byte(ascii)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
