package cardea

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
)

// The claims of a single-use token of a feature.
const (
	tokenUser    = "u" // id of the user; "" for somebody who has none yet
	tokenExpires = "e" // milliseconds since 1970
	tokenValues  = "v"
)

const maxTokenKind = 32 // bytes

var tokenKindPattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Tokens declares kinds of single-use tokens of the feature, such as "reset". A kind is at most 32
// lower-case letters, digits and hyphens, and no other feature has it. It needs a [Config.Adapter]
// that is a [TokenStore].
//
// The tokens of a user end if the user is deleted, if all sessions of the user end, and if the
// address of the user is proven for the first time.
func (h *Host) Tokens(kinds ...string) {
	if _, ok := feature.StoreOf[TokenStore](h.auth.config.Adapter); !ok {
		h.faults.Add(h.field, "needs an Adapter that is a TokenStore; have %T", h.auth.config.Adapter)
	}
	reserved := []string{tokenOfRefresh, tokenOfFlow, tokenOfProof, tokenOfSignOut, tokenOfCut, tokenOfPending}
	for _, kind := range kinds {
		_, taken := h.auth.features.tokenKinds[kind]
		isKind := len(kind) <= maxTokenKind && tokenKindPattern.MatchString(kind)
		if !isKind || taken || slices.Contains(reserved, kind+":") {
			h.faults.Add(h.field, "want a kind of token of lower-case letters, digits and - that nobody else has, "+
				"have %q", kind)
			continue
		}
		if h.auth.features.tokenKinds == nil {
			h.auth.features.tokenKinds = map[string]string{}
		}
		h.auth.features.tokenKinds[kind] = h.id
	}
}

// NewToken returns a new token that can be used once, within lifetime. It is for a user or, if
// userID is empty, for somebody who has no user yet. Values are sealed in the token: whoever has
// the token cannot read or change them. The store has only the kind, the id of the user, the expiry
// and a hash. The token has letters and digits alone, about 150 of them without values, and at most
// 1500.
//
// If ctx carries a transaction, the token exists if the transaction is kept.
func (h *Host) NewToken(
	ctx context.Context, kind, userID string, lifetime time.Duration, values oauth.Claims,
) (string, error) {
	store, err := hostTokens{h}.store(kind)
	if err != nil {
		return "", err
	}
	if lifetime < time.Millisecond {
		return "", fmt.Errorf("want a lifetime of a millisecond or more, have %v", lifetime)
	}
	expires := h.Now().Add(lifetime).Truncate(time.Millisecond)
	claims := map[string]any{tokenUser: userID, tokenExpires: expires.UnixMilli()}
	if len(values) > 0 {
		claims[tokenValues] = values
	}
	token, err := h.auth.sealer.Short(kind, claims)
	if err != nil {
		return "", fmt.Errorf("seal the token: %w", err)
	}
	if len(token) > feature.MaxToken {
		return "", fmt.Errorf("the token has %d characters, want at most %d: put fewer values into it", len(token),
			feature.MaxToken)
	}
	backgroundOf(ctx).hide(token)
	row := featureToken{kind: kind, userID: userID, expires: expires}.row(token)
	if err := store.CreateVerificationToken(ctx, row); err != nil {
		return "", storeError("store the token", err)
	}
	hostTokens{h}.purgeLater()
	return token, nil
}

// Token returns what a token is for, and does not use it. It is for a page that only shows a form,
// because programs that scan mails open the links in them. If the token was used, has expired or
// never was valid, the error is an [Error] with CodeVerification to return from the handler; it is
// an [ErrNotFound] too.
func (h *Host) Token(ctx context.Context, kind, token string) (userID string, values oauth.Claims, err error) {
	store, t, err := hostTokens{h}.open(kind, token)
	if err != nil {
		return "", nil, err
	}
	// A TokenStore can only read what it removes, so the transaction is undone.
	err = h.auth.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		if _, err := consumeToken(ctx, store, t.row(token)); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return t.userID, t.values, nil
	}
	return "", nil, t.failure("read the token", err)
}

// UseToken returns what a token is for, and uses it. Of any number of callers in any number of
// processes, one gets it; the others, and callers with an invalid token, get the error of Token.
//
// If ctx carries a transaction, the token is used if the transaction is kept. So a feature uses it
// together with its own writes:
//
//	err := h.Transact(ctx, func(ctx context.Context) error {
//		userID, _, err := h.UseToken(ctx, "reset", token)
//		if err != nil {
//			return err
//		}
//		return store.SetPassword(ctx, userID, hash)
//	})
func (h *Host) UseToken(ctx context.Context, kind, token string) (userID string, values oauth.Claims, err error) {
	store, t, err := hostTokens{h}.open(kind, token)
	if err != nil {
		return "", nil, err
	}
	if _, err := consumeToken(ctx, store, t.row(token)); err != nil {
		return "", nil, t.failure("use the token", err)
	}
	return t.userID, t.values, nil
}

// EndTokens ends the tokens of a user, of these kinds or, if there are none, of all kinds of the
// feature. If ctx carries a transaction, they end if it is kept.
func (h *Host) EndTokens(ctx context.Context, userID string, kinds ...string) error {
	if userID == "" {
		return errors.New("end the tokens of nobody")
	}
	if len(kinds) == 0 {
		for kind, feature := range h.auth.features.tokenKinds {
			if feature == h.id {
				kinds = append(kinds, kind)
			}
		}
	}
	for _, kind := range slices.Sorted(slices.Values(kinds)) {
		store, err := hostTokens{h}.store(kind)
		if err != nil {
			return err
		}
		identifier := featureToken{kind: kind, userID: userID}.identifier()
		if _, err := store.DeleteVerificationTokens(ctx, identifier); err != nil {
			return storeError("end the tokens", err)
		}
	}
	return nil
}

// hostTokens are the tokens of one feature.
type hostTokens struct{ *Host }

// store returns the store of the tokens of a kind.
func (h hostTokens) store(kind string) (TokenStore, error) {
	if feature, ok := h.auth.features.tokenKinds[kind]; !ok || feature != h.id {
		return nil, fmt.Errorf("the feature has not declared tokens of the kind %q with Host.Tokens", kind)
	}
	tokens, _ := feature.StoreOf[TokenStore](h.auth.config.Adapter)
	return tokens, nil
}

// featureToken is what a token of a feature says.
type featureToken struct {
	kind, userID string
	expires      time.Time
	values       oauth.Claims
}

// open reads a token, which anybody may have made up.
func (h hostTokens) open(kind, token string) (TokenStore, featureToken, error) {
	t := featureToken{kind: kind}
	store, err := h.store(kind)
	if err != nil {
		return nil, t, err
	}
	opened, err := h.auth.sealer.OpenShort(kind, token)
	if err != nil {
		return nil, t, t.failure("", ErrNotFound)
	}
	t.userID, _ = opened[tokenUser].(string)
	t.values, _ = opened[tokenValues].(map[string]any)
	expires, _ := opened[tokenExpires].(json.Number)
	millis, err := expires.Int64()
	if t.expires = time.UnixMilli(millis); err != nil || !h.Now().Before(t.expires) {
		return nil, t, t.failure("", ErrNotFound)
	}
	return store, t, nil
}

// identifier is that of the token in the store. In an e-mail address no colon comes before the @
// (RFC 5322 § 3.4.1), so it is not that of a mail.
func (t featureToken) identifier() string { return t.kind + ":" + t.userID }

// row is the token as it is stored.
func (t featureToken) row(token string) *VerificationToken {
	sum := sha256.Sum256([]byte(token))
	return &VerificationToken{Identifier: t.identifier(), Token: hex.EncodeToString(sum[:]), Expires: t.expires}
}

// failure returns the error for a token that cannot be used.
func (t featureToken) failure(doing string, err error) error {
	if errors.Is(err, ErrNotFound) {
		return fail(CodeVerification, "the token of the kind %q %w: %w", t.kind, errUsed, ErrNotFound)
	}
	return storeError(doing, err)
}

// deleteTokens makes all single-use tokens of a user useless: the links and codes that were mailed
// to the address, and the tokens of features. The order is the same in all processes, so that two
// of them do not wait for each other.
func (a *Auth) deleteTokens(ctx context.Context, userID string) error {
	if err := a.deleteMails(ctx, userID); err != nil {
		return err
	}
	return a.features.deleteTokens(ctx, a.config.Adapter, userID)
}

// deleteTokens ends the tokens of a user, of every kind, and the sign-ins that wait for a second
// proof. Those of nobody, such as the links of all sign-ups, belong to no user.
func (f *features) deleteTokens(ctx context.Context, adapter Adapter, userID string) error {
	tokens, ok := feature.StoreOf[TokenStore](adapter)
	if !ok || userID == "" {
		return nil // without the store no feature has tokens, and no sign-in waits
	}
	for _, kind := range slices.Sorted(maps.Keys(f.tokenKinds)) {
		identifier := featureToken{kind: kind, userID: userID}.identifier()
		if _, err := tokens.DeleteVerificationTokens(ctx, identifier); err != nil {
			return err
		}
	}
	return f.deletePending(ctx, adapter, userID)
}

// purgeLater deletes some expired tokens with every tenth token that is stored, outside of the
// transaction in which that one may be stored.
func (h hostTokens) purgeLater() {
	once, queue := h.auth.once, &h.auth.tasks
	if !once.isPurgeDue() || queue.check(0, maxWaiting) != nil {
		return
	}
	queue.add(task{
		do:   func(ctx context.Context) error { return once.purge(ctx, h.Now()) },
		fail: once.purgeFailed,
	})
}
