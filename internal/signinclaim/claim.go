// Package signinclaim reads and writes the claim of a JWT session that describes its sign-in.
//
// The claim is one text, such as
//
//	iat=1764376938 exp=1772152938 order=1764376938123456 acr=1 auth_time=1764376938 amr=pwd,otp
//
// because each further claim costs every request that reads a session a few allocations. It is one
// claim of its own, because iat, amr, acr and auth_time of the token itself mean something else:
// iat is the time of the token, and Auth.js applications copy the others from the ID token of a
// provider.
package signinclaim

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Name is the name of the claim.
const Name = "signin"

// Claim describes a sign-in. The zero value of a field means that nobody knows.
type Claim struct {
	Begin    time.Time // iat: the sign-in
	End      time.Time // exp: the end of the session's lifetime, in which it may be extended
	Order    int64     // order: the number of the sign-in among those of one process, in microseconds
	Level    int       // acr
	AuthTime time.Time // auth_time: when the person last proved who they are
	Methods  []string  // amr: RFC 8176; no commas and no spaces
}

// String returns the text of the claim.
func (c Claim) String() string {
	b := make([]byte, 0, 160)
	add := func(name string, n int64) {
		if n != 0 {
			b = append(append(b, name...), '=')
			b = append(strconv.AppendInt(b, n, 10), ' ')
		}
	}
	add("iat", seconds(c.Begin))
	add("exp", seconds(c.End))
	add("order", c.Order)
	add("acr", int64(c.Level))
	add("auth_time", seconds(c.AuthTime))
	for i, method := range c.Methods {
		separator := ","
		if i == 0 {
			separator = "amr="
		}
		b = append(append(b, separator...), method...)
	}
	return string(bytes.TrimSuffix(b, []byte(" ")))
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// Parse reads the text of a claim. What it does not know, or cannot read, it leaves out.
func Parse(text string) Claim {
	var c Claim
	for len(text) > 0 {
		var part string
		part, text, _ = strings.Cut(text, " ")
		name, value, _ := strings.Cut(part, "=")
		if name == "amr" {
			c.Methods = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "iat":
			c.Begin = time.Unix(n, 0).UTC()
		case "exp":
			c.End = time.Unix(n, 0).UTC()
		case "order":
			c.Order = n
		case "acr":
			c.Level = int(n)
		case "auth_time":
			c.AuthTime = time.Unix(n, 0).UTC()
		}
	}
	return c
}
