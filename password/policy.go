package password

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/internal/commonpassword"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/passwordhash"
	"golang.org/x/text/unicode/norm"
)

// Policy says which new passwords are accepted, by the rules of NIST SP 800-63B-4 § 3.1.1.2: a
// length and lists of what attackers try first. There are no rules about kinds of characters, and
// no password expires. The zero value is a safe choice.
type Policy struct {
	// MinLength is how many characters a password has at least, from 8 to 64. Less than 15 is for
	// sites where everybody needs a second factor. Defaults to 15.
	MinLength int

	// Words are words that people of this site are likely to use, such as its name. What is left of
	// a password without them must be long enough. Each has 3 characters or more. Defaults to none.
	Words []string

	// Breached is a list of passwords that have become known, such as [Range]. Defaults to none.
	// The built-in list of 49,000 common passwords is always used.
	Breached Breached
}

// Breached knows passwords that have become known. It is safe for concurrent use.
type Breached interface {
	// Contains reports whether a password has become known. After an error the password is
	// accepted, and the error is logged. The error contains nothing of the password.
	Contains(ctx context.Context, password string) (bool, error)
}

// What is wrong with a new password.
const (
	CodeShort    = "password_short"    // less than Policy.MinLength characters
	CodeLong     = "password_long"     // more than 4096 bytes, or not valid text
	CodeCommon   = "password_common"   // one of the first that attackers try
	CodePersonal = "password_personal" // mostly words of the site or of the person
	CodeBreached = "password_breached" // has become known
)

// Checker checks new passwords by a [Policy]. It is safe for concurrent use.
type Checker struct {
	policy Policy
	words  []string
}

// Checker returns what checks passwords by the policy. The error names the field that is wrong.
func (p Policy) Checker() (*Checker, error) {
	if p.MinLength == 0 {
		p.MinLength = 15
	}
	if p.MinLength < 8 || p.MinLength > 64 {
		return nil, fmt.Errorf("MinLength: want 8 to 64, have %d", p.MinLength)
	}
	for i, w := range p.Words {
		if utf8.RuneCountInString(fold(w)) < minWord {
			field := fmt.Sprintf("Words[%d]", i)
			return nil, fmt.Errorf("%s: want %d letters or digits, or more", field, minWord)
		}
	}
	if b, ok := p.Breached.(interface{ validate() error }); ok {
		if err := b.validate(); err != nil {
			return nil, fmt.Errorf("Breached: %w", err)
		}
	}
	c := &Checker{policy: p}
	for _, w := range p.Words {
		c.words = append(c.words, fold(w))
	}
	return c, nil
}

// Check returns what is wrong with a new password: one of the codes of this package, or "". About
// is what is known of the person, such as the name and the address, in any form.
//
// The error says why [Policy].Breached could not be asked. The code is then "".
func (c *Checker) Check(ctx context.Context, password string, about ...string) (code string, err error) {
	text, err := passwordhash.Normalize(password)
	switch {
	case errors.Is(err, passwordhash.ErrPassword):
		return CodeLong, nil
	case err != nil:
		return "", err
	case utf8.RuneCountInString(text) < c.policy.MinLength:
		return CodeShort, nil
	case commonpassword.Contains(norm.NFKC.String(text)):
		return CodeCommon, nil
	case c.isPersonal(text, about):
		return CodePersonal, nil
	case c.policy.Breached == nil:
		return "", nil
	}
	known, err := c.policy.Breached.Contains(ctx, text)
	if known && err == nil {
		return CodeBreached, nil
	}
	return "", err
}

const (
	minWord = 3 // letters and digits of a word that is looked for
	minRest = 8 // characters of a password without such words
)

// isPersonal reports whether too little of a password is left without the words of the site and of
// the person.
func (c *Checker) isPersonal(text string, about []string) bool {
	rest := fold(text)
	found := false
	for _, word := range append(personalWords(about), c.words...) {
		if strings.Contains(rest, word) {
			found = true
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	return found && utf8.RuneCountInString(rest) < minRest
}

// personalWords returns the words of texts about a person, the longest part first: a name as a
// whole and in parts, an address and its parts.
func personalWords(about []string) (words []string) {
	for _, text := range about {
		parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, part := range append([]string{text}, parts...) {
			if word := fold(part); utf8.RuneCountInString(word) >= minWord {
				words = append(words, word)
			}
		}
	}
	return words
}

// fold returns the letters and digits of a text as they are compared: without case and without the
// different forms of a character.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
}

// advice says what a password needs.
func (c *Checker) advice(t *language.Texts) string {
	return t.Count("password.advice", c.policy.MinLength)
}
