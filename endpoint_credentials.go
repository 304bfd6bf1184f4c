package cardea

import (
	"context"
	"net/http"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/knownuser"
)

// way signs people in with the application's check of a form. It uses the site as features do,
// through Host alone.
func (p *CredentialsProvider) way(h *Host) feature.Way {
	finish := func(_ http.ResponseWriter, r *http.Request) error {
		values, ok := p.values(h.Form(r.Context()))
		if !ok {
			return fail(CodeCredentialsSignIn, "a field is missing, too long or not valid text")
		}
		guess, err := h.Guess(r.Context(), p.accountOf(values))
		if err != nil {
			return err
		}
		u, err := p.authorize(knownuser.With(r.Context(), guess.Known), values, r)
		if err != nil {
			return err
		}
		guess.Right(r.Context(), u.ID)
		return h.Complete(r.Context(), Proof{UserID: u.ID, User: u, Provider: p.ID, Methods: p.methods()})
	}
	return feature.Way{ID: p.ID, Name: p.Name, Style: p.Style, Fields: p.Fields, Messages: p.Messages, Finish: finish}
}

// authorize returns the user whom the application's check of a form accepts.
func (p *CredentialsProvider) authorize(
	ctx context.Context, values map[string]string, r *http.Request,
) (*User, error) {
	u, err := p.Authorize(ctx, values, r)
	switch {
	case err != nil:
		return nil, applicationError(CodeConfiguration, "Authorize", err)
	case u == nil:
		return nil, fail(CodeCredentialsSignIn, "Authorize returned no user")
	case u.ID == "":
		return nil, fail(CodeConfiguration, "Authorize returned a user without ID")
	}
	return u, nil
}
