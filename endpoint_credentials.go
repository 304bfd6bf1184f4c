package cardea

import (
	"context"
	"errors"

	"github.com/cardea-auth/cardea/oauth"
)

// credentialsMethod signs people in with the application's check of a form.
type credentialsMethod struct{ *CredentialsProvider }

// signIn leads to the sign-in page, which has the form.
func (m *credentialsMethod) signIn(e *exchange) error { return e.redirectToSignIn() }

// getCallback refuses the request, because a form is posted.
func (m *credentialsMethod) getCallback(e *exchange) error { return e.auth.unknownProvider() }

// postCallback signs in with what the visitor typed into the form.
func (m *credentialsMethod) postCallback(e *exchange) error {
	u, err := m.authorize(e)
	if err != nil {
		return err
	}
	return e.signIn(identity{
		user:    u,
		account: &Account{UserID: u.ID, Type: TypeCredentials, Provider: m.ID, ProviderAccountID: u.ID},
		profile: &oauth.Profile{
			ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: !u.EmailVerified.IsZero(), Image: u.Image,
		},
		callbackURL: e.callbackURL,
	})
}

// authorize returns the user whom the application's check accepts.
func (m *credentialsMethod) authorize(e *exchange) (*User, error) {
	values, ok := m.values(e.form)
	if !ok {
		return nil, fail(CodeCredentialsSignIn, "a field is missing, too long or not valid text")
	}
	u, err := m.Authorize(e.r.Context(), values, e.r)
	switch {
	case err != nil:
		return nil, applicationError(CodeConfiguration, "Authorize", err)
	case u == nil:
		return nil, fail(CodeCredentialsSignIn, "Authorize returned no user")
	case u.ID == "":
		return nil, fail(CodeConfiguration, "Authorize returned a user without ID")
	}
	return e.auth.storedUser(e.r.Context(), u)
}

// storedUser returns the row of the user with u.ID. Without an adapter it returns a copy of u.
func (a *Auth) storedUser(ctx context.Context, u *User) (*User, error) {
	if a.config.Adapter == nil {
		clone := *u
		return &clone, nil
	}
	row, err := a.config.Adapter.UserByID(ctx, u.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, fail(CodeConfiguration, "Authorize returned the id of a user who is not in the store")
	}
	return row, storeError("read the user", err)
}
