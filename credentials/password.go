package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cardea-auth/cardea"
)

// Password checks a password against the hash that the application stored. It calls Verify exactly
// once for each attempt, and whoever does not know the password learns nothing by the answer or by
// its time: neither whether there is such a user, nor whether they have a password or may sign in.
//
// Its functions are called concurrently.
type Password struct {
	// Field is the name of the password's field. Defaults to "password".
	Field string

	// Find returns the user whom the input names, and the stored hash. Nobody is
	// [cardea.ErrNotFound], possibly wrapped, or a nil user; a user without password has an empty
	// hash. A user who may not sign in comes with an error made by [Refuse], beside user and hash:
	// it is told to those who know the password. A [cardea.Error] with the code
	// [cardea.CodeRateLimited] is told at once, and nothing is verified. Any other error is a failure
	// of the site.
	Find func(ctx context.Context, in Input) (u *cardea.User, hash string, err error)

	// Verify reports whether hash is of this password. It should be slow on purpose: Argon2id,
	// bcrypt, PBKDF2. An error is a failure of the site.
	Verify func(hash, password string) (bool, error)

	// Decoy is the hash of a random password that nobody knows, made with the same parameters as
	// the stored ones. It is verified where there is no other.
	Decoy string
}

// check reports what is missing.
func (p *Password) check(fields []cardea.Field) error {
	var faults []error
	if p.Find == nil {
		faults = append(faults, errors.New("want Password.Find"))
	}
	if p.Verify == nil {
		faults = append(faults, errors.New("want Password.Verify"))
	}
	if p.Decoy == "" {
		faults = append(faults, errors.New("want Password.Decoy, a hash made like the stored ones"))
	}
	if !slices.ContainsFunc(fields, func(f cardea.Field) bool { return f.Name == p.field() }) {
		faults = append(faults, fmt.Errorf("want a field %q for the password", p.field()))
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
