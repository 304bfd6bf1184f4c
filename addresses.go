package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// addEmail asks for the list of e-mail addresses, where there is one, and puts the verified one
// into the profile.
func (r *redemption) addEmail(ctx context.Context, raw Claims) error {
	if r.EmailsURL == "" {
		return nil
	}
	body, err := r.client.Fetch(ctx, oauth2.Resource{URL: r.EmailsURL, Headers: r.Headers}, r.token)
	if err != nil {
		return fmt.Errorf("fetch e-mail addresses: %w", err)
	}
	list, err := r.Emails.read(body)
	if err != nil {
		return fmt.Errorf("fetch e-mail addresses: %w", err)
	}
	if email, ok := r.Emails.best(list); ok {
		raw["email"], raw["email_verified"] = email, true
	} else {
		delete(raw, "email_verified") // whatever it was said of, it was not this list
	}
	return nil
}

func (m EmailMembers) read(body []byte) ([]map[string]any, error) {
	if m.List == "" {
		return outbound.Objects(body)
	}
	answer, err := outbound.Object(body)
	if err != nil {
		return nil, err
	}
	if _, ok := answer[m.List].([]any); !ok {
		return nil, errors.New("answer has no list")
	}
	var list []map[string]any
	for _, entry := range Claims(answer).List(m.List) {
		list = append(list, entry)
	}
	return list, nil
}

// best is the verified primary address of a list, or else the first verified one.
func (m EmailMembers) best(list []map[string]any) (string, bool) {
	first := ""
	for _, entry := range list {
		e := Claims(entry)
		switch email := e.String(cmp.Or(m.Email, "email")); {
		case email == "" || !e.True(cmp.Or(m.Verified, "verified")):
		case e.True(cmp.Or(m.Primary, "primary")):
			return email, true
		case first == "":
			first = email
		}
	}
	return first, first != ""
}
