package cardea

import (
	"context"
	"errors"
)

// postCallback signs in with what the visitor typed into a form of the site.
func (v *exchange) postCallback() error {
	switch p := v.auth.provider(v.provider).(type) {
	case *CredentialsProvider:
		return v.signInWithCredentials(p)
	case *EmailProvider:
		return v.postMailCallback(v.auth.mailers[p.ID])
	case *OAuthProvider:
		if p.FormPost {
			return v.postForm(v.auth.clients[p.ID])
		}
	}
	return fail(CodeConfiguration, "no provider with this id has a form; Config.Providers has %q", v.auth.ids())
}

func (v *exchange) signInWithCredentials(p *CredentialsProvider) error {
	ctx := v.r.Context()
	u, err := v.authorize(ctx, p)
	if err != nil {
		return err
	}
	return v.complete(ctx, arrival{
		user:    u,
		account: &Account{UserID: u.ID, Type: TypeCredentials, Provider: p.ID, ProviderAccountID: u.ID},
		profile: &Profile{
			ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: !u.EmailVerified.IsZero(), Image: u.Image,
		},
		callbackURL: v.callbackURL,
	})
}

// authorize asks the application's check who this is.
func (v *exchange) authorize(ctx context.Context, p *CredentialsProvider) (*User, error) {
	values, ok := p.read(v.form)
	if !ok {
		return nil, fail(CodeCredentialsSignIn, "a field is missing, too long or no text")
	}
	u, err := p.Authorize(ctx, values, v.r)
	switch {
	case err != nil:
		return nil, applicationError(CodeConfiguration, "Authorize", err)
	case u == nil:
		return nil, fail(CodeCredentialsSignIn, "Authorize returned no user")
	case u.ID == "":
		return nil, fail(CodeConfiguration, "Authorize returned a user without ID")
	}
	return v.auth.stored(ctx, u)
}

// stored is the row of a user whom the application named, or without an adapter a copy of what it
// says.
func (a *Auth) stored(ctx context.Context, u *User) (*User, error) {
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
