package relyingparty

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	maxID    = 255  // bytes
	maxName  = 255  // characters
	maxImage = 2048 // bytes
)

// mapProfile maps the claims to a profile, decides whether the e-mail address counts as verified,
// and drops values that cannot be stored. Its errors are of type [Error].
func mapProfile(ctx context.Context, p *oauth.Provider, raw oauth.Claims) (*oauth.Profile, error) {
	mapping := p.Profile
	if mapping == nil {
		mapping = standardProfile(p.Issuer)
	}
	profile, err := mapping(ctx, raw)
	if err != nil {
		return nil, failed(BadProfile, "%w", err)
	}
	profile.Raw = raw
	switch p.EmailVerification {
	case oauth.EmailAlwaysVerified:
		profile.EmailVerified = true
	case oauth.EmailNeverVerified:
		profile.EmailVerified = false
	case oauth.EmailNotGiven:
		profile.Email = ""
	}
	if err := checkID(profile.ID); err != nil {
		return nil, err
	}
	profile.Email = emailaddr.Clean(profile.Email)
	profile.EmailVerified = profile.EmailVerified && profile.Email != ""
	profile.Name = cleanName(profile.Name)
	profile.Image = cleanImage(profile.Image)
	return &profile, nil
}

// checkID refuses an id that is too long to be stored, empty, or the text that a program writes for
// a missing value.
//
// A long id is no fault of the configuration. It gets the code that it gets from a store whose
// column has no room for it. OpenID Connect Core 1.0 § 2 allows 255 characters.
func checkID(id string) error {
	switch strings.ToLower(strings.TrimSpace(id)) {
	case "", "null", "undefined", "<nil>", "nil", "nan", "[object object]":
		return failed(BadProfile, "the profile has no id")
	}
	if strings.HasPrefix(id, "%!") { // what package fmt writes for a missing value
		return failed(BadProfile, "the profile has no id")
	}
	if len(id) > maxID {
		return failed(NotAllowed, "the profile's id has %d bytes, %d at most are stored", len(id), maxID)
	}
	return nil
}

// cleanName drops control characters and cuts a name that is too long.
func cleanName(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), ""))
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName])
	}
	return s
}

// cleanImage returns the URL of a picture, or "" for a URL that a page should not load.
func cleanImage(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxImage || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s
}

// standardProfile returns the mapping of the standard claims (OpenID Connect Core 1.0 § 5.1).
func standardProfile(issuer string) func(context.Context, oauth.Claims) (oauth.Profile, error) {
	return func(_ context.Context, c oauth.Claims) (oauth.Profile, error) {
		return oauth.Profile{
			ID:            subject(issuer, c),
			Name:          cmp.Or(c.String("name"), c.String("nickname"), c.String("preferred_username")),
			Email:         c.String("email"),
			EmailVerified: c.True("email_verified"),
			Image:         c.String("picture"),
		}, nil
	}
}
