package relyingparty

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// addEmail adds the person's verified address to the claims, if the provider has a list of
// addresses. It removes the address if the provider refuses to show the list.
func (x *codeExchange) addEmail(ctx context.Context, raw oauth.Claims) error {
	if x.EmailsURL == "" {
		return nil
	}
	body, err := x.oauth2.Fetch(ctx, oauth2.Resource{URL: x.EmailsURL, Headers: x.Headers}, x.token)
	if isRefused(err) {
		x.warnRefused("e-mail addresses", err)
		delete(raw, "email")
		delete(raw, "email_verified")
		return nil
	}
	if err != nil {
		return fmt.Errorf("fetch e-mail addresses: %w", err)
	}
	list, err := parseEmails(x.Emails, body)
	if err != nil {
		return fmt.Errorf("fetch e-mail addresses: %w", err)
	}
	if email, ok := bestEmail(x.Emails, list); ok {
		raw["email"], raw["email_verified"] = email, true
	} else {
		delete(raw, "email_verified") // in this list no address is verified
	}
	return nil
}

// parseEmails returns the entries of the list in an answer.
func parseEmails(m oauth.EmailMembers, body []byte) ([]oauth.Claims, error) {
	if m.List != "" {
		answer, err := outbound.Object(body)
		if err != nil {
			return nil, err
		}
		if _, ok := answer[m.List].([]any); !ok {
			return nil, errors.New("answer has no list")
		}
		return oauth.Claims(answer).List(m.List), nil
	}
	entries, err := outbound.Objects(body)
	if err != nil {
		return nil, err
	}
	list := make([]oauth.Claims, len(entries))
	for i, entry := range entries {
		list[i] = entry
	}
	return list, nil
}

// bestEmail returns the verified primary address of a list, or else the first verified one.
func bestEmail(m oauth.EmailMembers, list []oauth.Claims) (email string, ok bool) {
	first := ""
	for _, entry := range list {
		email := entry.String(cmp.Or(m.Email, "email"))
		if email == "" || !entry.True(cmp.Or(m.Verified, "verified")) {
			continue
		}
		if entry.True(cmp.Or(m.Primary, "primary")) {
			return email, true
		}
		first = cmp.Or(first, email)
	}
	return first, first != ""
}
