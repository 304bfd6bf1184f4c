package cardea

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// A sign-in that a condition holds is pending: the person has proven who they are, and must prove
// it in a second way. It is no session, and nothing takes it for one.
//
// The browser has the proven identity in a cookie, sealed. The store has a single-use token of the
// user, which is the only thing that makes the cookie worth something: it ends with the user's
// other tokens, and with the sign-in that it becomes.
const pendingMaxAge = 10 * time.Minute

// pendingLimit is how many sign-ins of a user may be held and not finished.
var pendingLimit = ratelimit.Rate{Count: 30, Within: pendingMaxAge}

// pendingSignIn is a sign-in that waits.
type pendingSignIn struct {
	id      string // random; the store has a hash of it
	userID  string
	expires time.Time
	at      string // the URL where it is finished

	// takesOver says that the feature that holds it has nothing of the user after the first proof
	// of the address, so that this proof need not wait.
	takesOver bool

	isNew  bool // the user was created by this sign-in
	stored bool // the tokens of the account are in its row

	identity identity
	sealed   map[string]any // everything, as the cookie has it
}

// The claims of a sign-in that waits, beside those of its identity.
const (
	pendingID      = "id"
	pendingUser    = "user"
	pendingExpires = "ends" // milliseconds since 1970
	pendingNew     = "new"
	pendingStored  = "stored"
)

// row is the token in the store.
func (p *pendingSignIn) row() *VerificationToken {
	return newUsedToken(tokenOfPending, p.userID, p.id, p.expires)
}

// Hold keeps a sign-in for a second proof, in a condition of [Host.Require]: nobody is signed in,
// and the visitor goes to an endpoint of the feature, which has the method GET and that path. The
// condition returns what Hold returns:
//
//	h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
//		if has, err := f.hasFactor(ctx, in.User.ID); err != nil || !has || slices.Contains(in.Methods, "otp") {
//			return "", err
//		}
//		return h.Hold(ctx, in, "factor/challenge")
//	})
//
// There [Host.Held] says who waits, and [Host.Resume] finishes the sign-in. It waits for ten
// minutes, in this browser alone, and is no session: its visitor is a stranger everywhere else. It
// ends if a credential of the user changes, if the user is deleted, with [Host.EndSessions] and
// [Auth.EndSessions], and with a sign-out in the browser. A session that the browser has goes on.
//
// A new user is stored, without a session, because a feature needs the row. For any other user two
// things happen before Resume: [Proof].Within runs, and the tokens of the provider are stored in an
// account that the user has already. A link to another account, the first proof of an address and
// Adopt wait. With [SignIn].FirstProof they do not wait for a feature that has
// [feature.Rows].Revoke: what it has of the user is deleted, and it holds the sign-in to set up
// something new.
//
// Hold needs a [Config.Adapter] that is a [TokenStore]; check it in Install. 30 sign-ins of a user
// may be held and not finished within ten minutes, then the error has CodeRateLimited. A sign-in
// counts once, however often the condition is asked.
func (h *Host) Hold(ctx context.Context, in *SignIn, path string) (redirect string, err error) {
	e := requestOf(ctx, h)
	if e == nil || e.asked == nil || e.asked.in != in {
		return "", errors.New("Hold is for the SignIn of a condition, while the condition runs")
	}
	if !slices.ContainsFunc(h.auth.routes, func(r route) bool {
		return r.method == http.MethodGet && r.path == path && path != ""
	}) {
		return "", fail(CodeConfiguration, "Hold: no feature has the endpoint GET %s", path)
	}
	if _, ok := feature.StoreOf[TokenStore](h.auth.config.Adapter); !ok {
		return "", fail(CodeConfiguration, "Hold needs an Adapter that is a TokenStore; have %T", h.auth.config.Adapter)
	}
	if err := e.asked.count(ctx); err != nil {
		return "", err
	}
	e.asked.holdsAt = e.endpoint("/" + path)
	e.asked.takesOver = in.FirstProof && slices.ContainsFunc(h.auth.features.rows, func(r featureRows) bool {
		return r.feature == h.id && r.Revoke != nil
	})
	return e.asked.holdsAt, nil
}

func pendingBudget(userID string) budget { return budget{"sign-ins that wait", userID, pendingLimit} }

// Held returns the sign-in that waits in the browser of the request, and nil if there is none: it
// is finished, has ended or expired, or never began in this browser. It asks the store. From then
// on [Host.CallbackURL] is where the visitor of the sign-in wants to go.
func (h *Host) Held(ctx context.Context) (*feature.Held, error) {
	e := requestOf(ctx, h)
	if e == nil {
		return nil, errNoRequest
	}
	p, err := pendings{e}.current(ctx)
	if p == nil || err != nil {
		return nil, err
	}
	e.pending = p
	if to := p.identity.callbackURL; to != "" {
		e.callbackURL = e.redirectTarget(to)
	}
	return &feature.Held{
		UserID: p.userID, Methods: p.identity.methods, Provider: p.identity.account.Provider, Expires: p.expires,
	}, nil
}

// Resume finishes the sign-in that waits in the browser, after its user has given another proof:
// methods are how, for [Session.Methods]. It ends where every sign-in ends. Callbacks.SignIn and
// the conditions are asked again, and see the methods of all proofs; a condition may hold the
// sign-in for a third one. The visitor goes where they wanted to go at the beginning, or to what
// [Host.SetCallbackURL] has set after Held.
//
// The caller has made sure of the proof, for the user of [Host.Held], and that no proof counts
// twice. Of any number of callers in any number of processes one finishes the sign-in. The error,
// which is the one to return from the handler, is an [Error] with CodeInvalidCheck for the others,
// and if nothing waits.
func (h *Host) Resume(ctx context.Context, methods ...string) error {
	e := requestOf(ctx, h)
	if e == nil {
		return errNoRequest
	}
	p, err := pendings{e}.open()
	if err != nil {
		return err
	}
	if p == nil {
		return noPending()
	}
	id := p.identity
	id.methods = slices.Clone(id.methods)
	for _, m := range methods {
		if !slices.Contains(id.methods, m) {
			id.methods = append(id.methods, m)
		}
	}
	if err := checkMethods(id.methods); err != nil {
		return err
	}
	id.provenAt, id.isSilent = time.Time{}, false // something was proven now
	id.counted = p.userID
	if id.pending = p; e.pending != nil || id.callbackURL == "" {
		id.callbackURL = e.callbackURL
	}
	if p.stored {
		if err := p.readTokens(ctx, e.auth.config.Adapter, id.account); err != nil {
			return err
		}
	}
	return e.signIn(id)
}

// noPending is the error if no sign-in waits.
func noPending() *Error {
	return fail(CodeInvalidCheck, "the sign-in that waits for a second proof %w", errUsed)
}

// readTokens completes the account of the identity with the tokens in its row.
func (p *pendingSignIn) readTokens(ctx context.Context, adapter Adapter, account *Account) error {
	accounts, err := adapter.Accounts(ctx, p.userID)
	if err != nil {
		return storeError("read the account of a sign-in that waits", err)
	}
	for _, a := range accounts {
		if a.isSame(account) {
			*account = *a
		}
	}
	return nil
}

// check returns an error if a plan is about another user than the one who waits, or needs an answer
// that was not given. P is nil for a first proof.
func (p *pendingSignIn) check(plan plan) error {
	if p != nil && (idOf(plan.user) != p.userID || plan.bySession && p.identity.answer != allowsLink) {
		return fail(CodeInvalidCheck, "the sign-in that waits is not one of its user any more")
	}
	return nil
}

// pendings are the sign-ins that wait, as one request sees them.
type pendings struct{ *exchange }

// open returns what the cookie of the browser says, nil if there is none that counts. Whether the
// sign-in still waits, only the store knows.
func (e pendings) open() (*pendingSignIn, error) {
	if e.pending != nil {
		return e.pending, nil
	}
	name := e.names.Pending()
	opened, err := e.auth.sealer.Open(name, e.jar.Get(name), e.now)
	if err != nil {
		return nil, nil
	}
	c := oauth.Claims(opened)
	p := &pendingSignIn{
		id: c.String(pendingID), userID: c.String(pendingUser), expires: time.UnixMilli(intClaim(c, pendingExpires)),
		isNew: c.True(pendingNew), stored: c.True(pendingStored), sealed: opened,
	}
	if p.id == "" || p.userID == "" || !e.now.Before(p.expires) {
		return nil, nil
	}
	p.identity, err = openIdentity(e.auth, c)
	return p, err
}

// current returns the sign-in that waits in the browser, and nil if there is none.
func (e pendings) current(ctx context.Context) (*pendingSignIn, error) {
	p, err := e.open()
	if failure, ok := errors.AsType[*Error](err); ok && failure.Code == CodeInvalidCheck {
		return nil, nil // the configuration is another one meanwhile
	}
	if p == nil || err != nil {
		return nil, err
	}
	adapter := e.auth.config.Adapter
	store, ok := feature.StoreOf[TokenStore](adapter)
	if !ok {
		return nil, nil
	}
	// A TokenStore can only read what it removes, so the transaction is undone.
	err = adapter.Transact(ctx, func(ctx context.Context) error {
		if _, err := consumeToken(ctx, store, p.row()); err != nil {
			return err
		}
		return errUndo
	})
	switch {
	case errors.Is(err, errUndo):
		return p, nil
	case errors.Is(err, ErrNotFound):
		return nil, nil
	}
	return nil, storeError("read a sign-in that waits", err)
}

// keep gives the browser a sign-in that the store has. What is large and can be spared is left out
// if a cookie has no room for it.
func (e pendings) keep(id identity, p *pendingSignIn) error {
	if p.stored {
		id.dropTokens()
	}
	for _, left := range []string{"", "the tokens of an account that is not linked yet", "Profile.Raw"} {
		switch left {
		case "":
		case "Profile.Raw":
			id.dropRaw()
		default:
			id.dropTokens()
		}
		claims, err := id.claims()
		if err != nil {
			return err
		}
		p.sealed = claims
		maps.Copy(claims, map[string]any{
			pendingID: p.id, pendingUser: p.userID, pendingExpires: p.expires.UnixMilli(), pendingNew: p.isNew,
			pendingStored: p.stored,
		})
		err = e.set(p)
		if err == nil && left != "" {
			e.auth.log.WarnContext(e.r.Context(), "cardea: a sign-in waits without something that is too large",
				"provider", id.account.Provider, aboutRequest(e.auth, e.r), "without", left)
		}
		if !errors.Is(err, cookie.ErrTooLong) {
			return err
		}
	}
	return fail(codeCallbackRoute, "a cookie has no room for a sign-in that waits")
}

// dropTokens removes the tokens of the account.
func (id *identity) dropTokens() {
	account := *id.account
	account.AccessToken, account.RefreshToken, account.IDToken = "", "", ""
	account.ExpiresAt = time.Time{}
	id.account = &account
}

// dropRaw removes everything of the profile that has no field of its own.
func (id *identity) dropRaw() {
	if id.profile != nil {
		profile := *id.profile
		profile.Raw = nil
		id.profile = &profile
	}
}

// set sets the cookie.
func (e pendings) set(p *pendingSignIn) error {
	name := e.names.Pending()
	return cookieRoom(e).setSealed(name, cookie.Cookie{Name: name}, p.expires.Sub(e.now), maps.Clone(p.sealed))
}

// end ends the sign-in that waits in the browser, because the visitor signs out.
func (e pendings) end(ctx context.Context) error {
	p, _ := e.open()
	e.clear()
	store, ok := feature.StoreOf[TokenStore](e.auth.config.Adapter)
	if p == nil || !ok {
		return nil
	}
	_, err := consumeToken(ctx, store, p.row())
	return storeError("end a sign-in that waits", ignoreNotFound(err))
}

// clear removes the cookie.
func (e pendings) clear() {
	if name := e.names.Pending(); e.jar.Get(name) != "" {
		e.jar.Clear(name)
	}
}

// deletePending ends the sign-ins of a user that wait, because a credential changes.
func (f *features) deletePending(ctx context.Context, adapter Adapter, userID string) error {
	store, ok := feature.StoreOf[TokenStore](adapter)
	if !ok || len(f.conditions) == 0 {
		return nil
	}
	_, err := store.DeleteVerificationTokens(ctx, tokenOfPending+userID)
	return err
}
