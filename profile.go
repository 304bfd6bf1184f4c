package cardea

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// describe maps what the provider told of the person, and judges the e-mail address.
func (p *OAuthProvider) describe(ctx context.Context, raw Claims) (*Profile, error) {
	mapping := p.Profile
	if mapping == nil {
		mapping = standardProfile
	}
	profile, err := mapping(ctx, raw)
	if err != nil {
		return nil, err
	}
	profile.Raw = raw
	switch p.EmailVerification {
	case EmailAlwaysVerified:
		profile.EmailVerified = true
	case EmailNeverVerified:
		profile.EmailVerified = false
	case EmailNotGiven:
		profile.Email = ""
	}
	if err := profile.clean(); err != nil {
		return nil, err
	}
	return &profile, nil
}

// clean makes what came from outside safe to store, and fails for a person without an identity.
func (p *Profile) clean() error {
	switch id := strings.TrimSpace(p.ID); strings.ToLower(id) {
	case "", "null", "undefined", "<nil>", "nil", "nan", "[object object]":
		return errors.New("the profile has no id")
	}
	if strings.HasPrefix(p.ID, "%!") { // what package fmt makes of a value that is not there
		return errors.New("the profile has no id")
	}
	if len(p.ID) > 255 {
		return errors.New("the profile's id is longer than 255 bytes")
	}
	p.Email = cleanEmail(p.Email)
	p.EmailVerified = p.EmailVerified && p.Email != ""
	p.Name = cleanName(p.Name)
	p.Image = cleanImage(p.Image)
	return nil
}

// lowerASCII leaves other letters alone: strings.ToLower would make k of the Kelvin sign and i of a
// dotted capital I, and one address of two.
func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// cleanEmail returns the address in lower case, or "" for what cannot be one.
func cleanEmail(s string) string {
	s = strings.Map(lowerASCII, strings.TrimSpace(s))
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || domain == "" || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f
	}) ||
		strings.ContainsAny(s, `",;<>()`) || strings.Contains(domain, "@") {
		return ""
	}
	return s
}

func cleanName(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), ""))
	if r := []rune(s); len(r) > 255 {
		return string(r[:255])
	}
	return s
}

// cleanImage returns the picture's address, or "" for one that a page should not load.
func cleanImage(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2048 || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s
}

// standardProfile maps the standard claims (OpenID Connect Core 1.0 § 5.1).
func standardProfile(_ context.Context, c Claims) (Profile, error) {
	name := c.String("name")
	for _, claim := range []string{"nickname", "preferred_username"} {
		if name == "" {
			name = c.String(claim)
		}
	}
	return Profile{
		ID: c.String("sub"), Name: name, Email: c.String("email"), EmailVerified: c.True("email_verified"),
		Image: c.String("picture"),
	}, nil
}
