package password

import (
	"context"
	"errors"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/passwordhash"
)

// translateForm returns what fills in the texts of the form of the sign-in page, with a link for a
// sign-up if people can sign up.
func translateForm(signUp bool) func(w feature.Way, t *language.Texts) feature.Way {
	return func(w feature.Way, t *language.Texts) feature.Way {
		w.Links = []feature.Link{{Path: pathForgot, Text: t.Text("password.forgot.link")}}
		if signUp {
			w.Links = append(w.Links, feature.Link{Path: pathSignUp, Text: t.Text("password.signup.link")})
		}
		w.Fields = []feature.Field{addressField(t), {
			Name: "password", Label: t.Text("password.password"), Type: "password", Autocomplete: "current-password",
			Required: true,
		}}
		return w
	}
}

// signIn answers the form of the sign-in page. Address and password that belong together sign in;
// everything else has the same answer, and takes the same work.
func (f *Feature) signIn(_ http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), f.host.Form(r.Context())
	u, err := f.userOf(ctx, form["email"])
	if err != nil {
		return err
	}
	hash, ok, err := f.verify(ctx, u, form["email"], form["password"])
	if err != nil {
		return err
	}
	if !ok {
		return wrong("the password is wrong, or the user has none")
	}
	replacement := ""
	if f.hasher.Stale(hash) { // if there is no time for it now, the next sign-in replaces it
		replacement, _ = f.hasher.TryHash(form["password"])
	}
	return f.host.Complete(ctx, cardea.Proof{
		UserID: u.ID, Methods: []string{"pwd"},
		Within: func(ctx context.Context, u *cardea.User) error { return f.isStill(ctx, u.ID, hash, replacement) },
	})
}

// isStill refuses a sign-in if the password was changed after it was verified: the user is locked,
// so no change comes in between. It stores the replacement of a hash whose parameters are outdated,
// unless the store refuses that: the password is right.
func (f *Feature) isStill(ctx context.Context, userID, hash, replacement string) error {
	stored, _, err := f.store.PasswordHash(ctx, userID)
	switch {
	case err != nil && !errors.Is(err, cardea.ErrNotFound):
		return f.host.StoreError("read the password", err)
	case stored != hash:
		return wrong("the password was changed meanwhile")
	case replacement == "":
		return nil
	}
	err = f.store.ReplacePasswordHash(ctx, userID, hash, replacement)
	if errors.Is(err, cardea.ErrRefused) { // the column is too narrow, and the old hash is as good as before
		f.host.Log().WarnContext(ctx, "password: a hash cannot be replaced", "user", userID, "cause", err)
		return nil
	}
	return f.host.StoreError("replace the hash", err)
}

// wrong is the error for a visitor whose password does not count, whatever the cause is.
func wrong(cause string) error {
	return &cardea.Error{Code: cardea.CodeCredentialsSignIn, Err: errors.New(cause)}
}

// userOf returns the user with an address as somebody has typed it, and nil if there is none.
func (f *Feature) userOf(ctx context.Context, typed string) (*cardea.User, error) {
	address, err := email.Normalize(typed)
	if err != nil {
		return nil, nil
	}
	u, err := f.host.Adapter().UserByEmail(ctx, address)
	if errors.Is(err, cardea.ErrNotFound) {
		return nil, nil
	}
	return u, f.host.StoreError("find the user", err)
}

// verify checks a password of a user, or of nobody, for an account as the visitor names it, and
// returns the stored hash. The try counts before the work, so that tries that come together do not
// pass together. A right password is taken back.
func (f *Feature) verify(
	ctx context.Context, u *cardea.User, account, password string,
) (hash string, ok bool, err error) {
	guess, err := f.host.Guess(ctx, account)
	if err != nil {
		return "", false, err
	}
	userID := ""
	if u != nil {
		userID = u.ID
		if hash, err = f.hashOf(ctx, userID); err != nil {
			return "", false, err
		}
	}
	if err := guess.Known(ctx, userID, hash); err != nil {
		return "", false, err
	}
	ok, err = f.hasher.Verify(ctx, hash, password)
	switch {
	case errors.Is(err, passwordhash.ErrPassword):
		return "", false, nil
	case errors.Is(err, passwordhash.ErrHash):
		f.host.Log().Error("password: a stored hash cannot be checked", "user", userID, "cause", err)
		return "", false, nil
	case err != nil:
		return "", false, f.host.StoreError("check the password", err)
	}
	if ok {
		guess.Right(ctx, userID)
	}
	return hash, ok, nil
}

// hashOf returns the stored hash of a user, and "" if there is none.
func (f *Feature) hashOf(ctx context.Context, userID string) (string, error) {
	hash, _, err := f.store.PasswordHash(ctx, userID)
	if errors.Is(err, cardea.ErrNotFound) {
		return "", nil
	}
	return hash, f.host.StoreError("read the password", err)
}

// hash returns the hash of a new password.
func (f *Feature) hash(ctx context.Context, password string) (string, error) {
	hash, err := f.hasher.Hash(ctx, password)
	return hash, f.host.StoreError("hash the password", err)
}
