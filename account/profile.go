package account

import (
	"context"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// profile says who is signed in.
func (f *Feature) profile(ctx context.Context) (feature.Page, error) {
	u := cardea.SessionFrom(ctx).User
	t := language.Of(ctx)
	p := feature.Page{Title: t.Text("profile.heading")}
	if u.Name != "" {
		p.Text = append(p.Text, u.Name)
	}
	switch {
	case u.Email == "":
	case u.EmailVerified.IsZero():
		p.Text = append(p.Text, t.Text("profile.unconfirmed", "address", u.Email))
	default:
		p.Text = append(p.Text, u.Email)
	}
	return p, nil
}
