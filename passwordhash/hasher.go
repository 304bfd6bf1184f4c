// Package passwordhash hashes passwords with Argon2id, and checks them against hashes that other
// systems made. Package password uses it. An application that keeps its own table of passwords can
// use it alone.
//
//	hasher, err := passwordhash.New(passwordhash.Options{})
//	stored, err := hasher.Hash(ctx, "correct horse battery staple")
//	ok, err := hasher.Verify(ctx, stored, "correct horse battery staple")
//
// # Security notes
//
// A hash costs memory and time on purpose. So a [Hasher] leaves one processor to the rest of the
// program, lets a few more hashes wait, and refuses the others with [ErrBusy].
//
// A stored hash says how much it costs. Each [Verifier] refuses one that would cost too much,
// before it computes anything. A row that somebody has written into the database cannot stop the
// site.
//
// Without a stored hash, [Hasher.Verify] does the same work and returns false, so its time does not
// reveal who has a password. A hash of another system takes another time until it is replaced: see
// [Hasher.Stale].
package passwordhash

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrBusy is the error for a password that was not hashed because too many wait already. Trying
	// again in some seconds helps.
	ErrBusy = errors.New("passwordhash: too many passwords wait to be hashed")

	// ErrPassword is the error for a password that is never hashed: an empty one, one of more than
	// [MaxBytes] bytes, or one that is not valid UTF-8 or has a NUL. For an empty one only
	// [Hasher.Hash] and [Hasher.TryHash] return it.
	ErrPassword = errors.New("passwordhash: the password is empty, too long, or not valid text")

	// ErrHash is the error for a stored hash that cannot be checked: its form is unknown or wrong,
	// or it would cost too much.
	ErrHash = errors.New("passwordhash: the stored hash cannot be checked")
)

// Options configure a [Hasher]. The zero value is a safe choice.
type Options struct {
	// Argon2id are the parameters of new hashes. Each has a default.
	Argon2id Argon2id

	// Import are the kinds of hashes of other systems that are accepted, beside Argon2id. Defaults
	// to none.
	Import []Verifier

	// Parallel is how many hashes are computed at once. Together they take at most Parallel times
	// the memory of Argon2id; an imported hash that needs more than that is computed alone. Sixteen
	// times as many may wait. Defaults to one fewer than runtime.GOMAXPROCS, at least 1, so that
	// one processor is free for other requests; it follows GOMAXPROCS while the program runs.
	Parallel int
}

// Hasher hashes and checks passwords. It is safe for concurrent use.
type Hasher struct {
	params Argon2id
	kinds  []Verifier
	gate   *gate
}

// New returns a Hasher. The error names the field that is wrong.
func New(o Options) (*Hasher, error) {
	params, err := o.Argon2id.withDefaults()
	if err != nil {
		return nil, fieldFault("Argon2id", err)
	}
	if o.Parallel < 0 {
		return nil, fieldFault("Parallel", fmt.Errorf("want 0 or more, have %d", o.Parallel))
	}
	kinds := []Verifier{argon2idVerifier}
	for i, v := range o.Import {
		field := fmt.Sprintf("Import[%d]", i)
		if v == nil {
			return nil, fieldFault(field, errors.New("is nil"))
		}
		if v, ok := v.(interface{ validate() error }); ok {
			if err := v.validate(); err != nil {
				return nil, fieldFault(field, err)
			}
		}
		kinds = append(kinds, v)
	}
	parallel := spareProcessor
	if o.Parallel > 0 {
		parallel = func() int { return o.Parallel }
	}
	return &Hasher{params, kinds, &gate{parallel: parallel, each: params.bytes()}}, nil
}

// fieldFault is the error for a field of [Options] or of a [Verifier].
func fieldFault(field string, err error) error { return fmt.Errorf("%s: %w", field, err) }

// Hash returns the hash of a password to store, of less than 128 bytes. The error is [ErrPassword],
// [ErrBusy] or that of ctx.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	text, err := hashable(password)
	if err != nil {
		return "", err
	}
	release, err := h.gate.enter(ctx, h.params.bytes())
	if err != nil {
		return "", err
	}
	defer release()
	return h.params.hash(text), nil
}

// TryHash is Hash for a hash that can be made later as well, such as a replacement of one that is
// [Hasher.Stale]: it does not wait for other hashes. The error is [ErrPassword], or [ErrBusy] if it
// would have to wait.
func (h *Hasher) TryHash(password string) (string, error) {
	text, err := hashable(password)
	if err != nil {
		return "", err
	}
	release, err := h.gate.tryEnter(h.params.bytes())
	if err != nil {
		return "", err
	}
	defer release()
	return h.params.hash(text), nil
}

// Verify reports whether a password is that of a stored hash. With hash "", for a user who has no
// password or does not exist, it does the same work and returns false.
//
// An empty password is never right, also if another system has stored its hash.
//
// The error is [ErrPassword], [ErrBusy] or that of ctx, whatever the hash is. It is [ErrHash] for a
// hash that cannot be checked: then the same work was done for nothing, so that a visitor notices
// no difference to a wrong password.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	texts, err := spellings(password)
	if err != nil {
		return false, err
	}
	check, hashErr := h.parse(hash)
	if check == nil {
		check = h.params.decoy()
	}
	release, err := h.gate.enter(ctx, check.Memory)
	if err != nil {
		return false, err
	}
	defer release()
	for _, text := range texts {
		if check.Matches(text) && text != "" {
			return true, nil
		}
	}
	return false, hashErr
}

// Stale reports whether a hash should be replaced by one of [Hasher.TryHash] when its password is
// known again: it has other parameters, or another system made it.
func (h *Hasher) Stale(hash string) bool {
	stored, err := parseArgon2(hash)
	return err != nil || stored.variant != variantID || stored.params != h.params ||
		len(stored.salt) != saltBytes || len(stored.key) != keyBytes
}

// Check returns [ErrHash], with the reason, if a hash cannot be checked. It computes none.
func (h *Hasher) Check(hash string) error {
	check, err := h.parse(hash)
	if check == nil && err == nil {
		return fmt.Errorf("%w: it is empty", ErrHash)
	}
	return err
}

// parse reads a stored hash. It returns nil for none.
func (h *Hasher) parse(hash string) (*Check, error) {
	if hash == "" {
		return nil, nil
	}
	if len(hash) > maxHash {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrHash, len(hash))
	}
	for _, v := range h.kinds {
		check, err := v.Parse(hash)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHash, err)
		}
		if check != nil {
			return check, nil
		}
	}
	return nil, fmt.Errorf("%w: no Verifier knows its form", ErrHash)
}
