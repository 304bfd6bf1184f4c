package cardea

import (
	"net/http"

	"github.com/cardea-auth/cardea/feature"
)

// credentialsMethod signs people in with the application's check of a form. It uses the site as
// features do, through Host alone.
type credentialsMethod struct {
	*wayMethod
	provider *CredentialsProvider
}

func (p *CredentialsProvider) open(a *Auth) (signInMethod, error) {
	h := &Host{auth: a, id: p.ID}
	finish := func(_ http.ResponseWriter, r *http.Request) error {
		u, err := p.authorize(r, h.Form(r.Context()))
		if err != nil {
			return err
		}
		return h.Complete(r.Context(), Proof{UserID: u.ID, User: u, Provider: p.ID, Methods: p.methods()})
	}
	way := feature.Way{ID: p.ID, Name: p.Name, Style: p.Style, Fields: p.Fields, Messages: p.Messages, Finish: finish}
	return &credentialsMethod{&wayMethod{h, way}, p}, nil
}

// info is that of the provider.
func (m *credentialsMethod) info() providerInfo { return m.provider.info() }

// authorize returns the user whom the application's check of a form accepts.
func (p *CredentialsProvider) authorize(r *http.Request, form map[string]string) (*User, error) {
	values, ok := p.values(form)
	if !ok {
		return nil, fail(CodeCredentialsSignIn, "a field is missing, too long or not valid text")
	}
	u, err := p.Authorize(r.Context(), values, r)
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
