package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/internal/knownuser"
)

// Password checks a password against a hash that the application has stored. It calls Verify
// exactly once for each attempt. A visitor who does not know the password cannot learn from the
// response or its timing whether the user exists, has a password, or may sign in.
//
// Find, Verify and Decoy are required. The functions may be called concurrently.
type Password struct {
	// Field is the name of the form field with the password. Defaults to "password".
	Field string

	// Find returns the user that the input names, and the stored hash, which is empty for a user
	// without password. If there is no such user, it returns [cardea.ErrNotFound], possibly
	// wrapped, or a nil user.
	//
	// For a user who may not sign in, it returns the user and the hash with an error of [Refuse],
	// which is shown only to a visitor who knows the password. A [cardea.Error] with the code
	// [cardea.CodeRateLimited] is shown at once, and no hash is verified. Any other error is a
	// failure of the site.
	Find func(ctx context.Context, in Input) (u *cardea.User, hash string, err error)

	// Verify reports whether hash is the hash of password. It should use a slow function, such as
	// Argon2id, bcrypt or PBKDF2. An error is a failure of the site.
	Verify func(hash, password string) (bool, error)

	// Decoy is the hash of a random password that nobody knows, made with the same parameters as
	// the stored hashes. It is verified if there is no stored hash.
	Decoy string
}

// check reports everything that is missing.
func (p *Password) check(fields []cardea.Field) error {
	var faults []error
	if p.Find == nil {
		faults = append(
			faults, errors.New("want Password.Find, a function that returns the user and the stored hash"),
		)
	}
	if p.Verify == nil {
		faults = append(
			faults, errors.New("want Password.Verify, a function that compares a hash and a password"),
		)
	}
	if p.Decoy == "" {
		faults = append(faults, errors.New(
			"want Password.Decoy, the hash of a random password, made like the stored ones",
		))
	}
	if !slices.ContainsFunc(fields, func(f cardea.Field) bool { return f.Name == p.field() }) {
		faults = append(faults, fmt.Errorf("want a field %q for the password in Fields", p.field()))
	}
	return errors.Join(faults...)
}

func (p *Password) field() string { return cmp.Or(p.Field, "password") }

func (p *Password) authorize(ctx context.Context, in Input) (*cardea.User, error) {
	u, hash, err := p.Find(ctx, in)
	refusal, refused := errors.AsType[*cardea.Error](err)
	switch {
	case refused && refusal.Code == cardea.CodeRateLimited:
		return nil, refusal
	case err != nil && !refused && !errors.Is(err, cardea.ErrNotFound):
		return nil, fmt.Errorf("find the user: %w", err)
	}
	userID := ""
	if u != nil && (err == nil || refused) {
		userID = u.ID
	} else {
		hash = ""
	}
	if err := knownuser.Tell(ctx, userID, hash); err != nil {
		return nil, err
	}
	known := u != nil && hash != "" && (err == nil || refused)
	if !known {
		hash = p.Decoy
	}
	match, err := p.Verify(hash, in.Get(p.field()))
	switch {
	case err != nil:
		return nil, fmt.Errorf("verify the password: %w", err)
	case !match || !known:
		return nil, Refuse("")
	case refused:
		return nil, refusal
	}
	return u, nil
}
