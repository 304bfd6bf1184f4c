package cardea

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/relyingparty"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/oauth"
)

// flowState is the state of one sign-in at a provider, from the click to the callback. Each flow
// has a cookie, which is encrypted, so that a person can sign in in two tabs at the same time. A
// flow state is valid for one callback of one provider in one browser (RFC 9700 § 4.7.1).
type flowState struct {
	relyingparty.Flow
	ID          string // part of the cookie's name, and the start of the state
	Provider    string // the id of the provider
	CallbackURL string // where the visitor goes afterwards
	UserID      string // of the user who was signed in when the flow began; "" for nobody
}

// confirms is the id of the user who confirms who they are with this flow, "" if it is a sign-in.
func (s *flowState) confirms() string {
	if s.Confirms {
		return s.UserID
	}
	return ""
}

const (
	flowMaxAge       = 15 * time.Minute
	maxFlows         = 5 // in one browser at the same time
	flowIDLength     = 21
	flowIDTimeLength = 11 // hexadecimal digits at the start of the id
)

func newFlowState(p *oauth.Provider, callbackURL, userID string, now time.Time) flowState {
	id := fmt.Sprintf("%0*x%s", flowIDTimeLength, now.UnixMilli(), rand.Text()[:flowIDLength-flowIDTimeLength])
	s := flowState{ID: id, Provider: p.ID, CallbackURL: callbackURL, UserID: userID}
	s.State = newState(id)
	if !p.InsecureSkipPKCE {
		s.Verifier = randomToken()
	}
	if p.Type == oauth.TypeOIDC && !p.InsecureSkipNonce {
		s.Nonce = randomToken()
	}
	return s
}

// newState returns 73 letters and digits. LINE and WeChat accept no other characters, and WeChat
// not more than 128.
func newState(id string) string { return id + rand.Text() + rand.Text() }

// saveFlowState sets the cookie of a flow. If the browser has too many flows, it deletes the
// oldest: the ids begin with the time.
func (e *exchange) saveFlowState(s flowState) error {
	prefix := e.names.State + "."
	for _, name := range (cookieRoom{e}).flows(maxFlows - 1) {
		e.jar.Clear(name)
	}
	err := cookieRoom{e}.setSealed(e.names.State, cookie.Cookie{Name: prefix + s.ID}, flowMaxAge, map[string]any{
		"value": s.State, "provider": s.Provider, "verifier": s.Verifier, "nonce": s.Nonce,
		sealedURL: s.CallbackURL, "user": s.UserID, "authTime": s.AuthTime,
		"confirms": s.Confirms,
	})
	if err != nil {
		return fail(codeOAuthSignIn, "the cookie of the flow state: %w", err)
	}
	return nil
}

// takeFlowState returns the flow to which a state belongs. It does so once: it deletes the cookie,
// and a copy of the cookie is refused, by all processes if the adapter is a [TokenStore].
func (e *exchange) takeFlowState(provider, state string) (flowState, error) {
	if len(state) <= flowIDLength {
		return flowState{}, noFlow(state, "the callback's state is not one of this site")
	}
	id := state[:flowIDLength]
	name := e.names.State + "." + id
	token := e.jar.Get(name)
	if token == "" {
		return flowState{}, noFlow(state, "the browser has no cookie of this flow: it is another browser, the sign-in "+
			"took more than "+flowMaxAge.String()+", the flow has ended, or it began at another host name than "+
			"that of "+e.origin.String()+", such as 127.0.0.1 for localhost")
	}
	e.jar.Clear(name)
	opened, err := e.auth.sealer.Open(e.names.State, token, e.now)
	if err != nil {
		return flowState{}, noFlow(state, "the cookie of this flow: "+err.Error())
	}
	claims := oauth.Claims(opened)
	s := flowState{
		Flow: relyingparty.Flow{
			State: claims.String("value"), Verifier: claims.String("verifier"), Nonce: claims.String("nonce"),
			AuthTime: relyingparty.AuthTime(claims.String("authTime")), Confirms: claims.True("confirms"),
		},
		ID: id, Provider: claims.String("provider"), CallbackURL: claims.String("callbackUrl"),
		UserID: claims.String("user"),
	}
	switch {
	case !equalSecrets(s.State, state):
		return flowState{}, fail(CodeInvalidCheck, "the callback's state is not that of the flow")
	case s.Provider != provider:
		return flowState{}, fail(CodeInvalidCheck, "the flow is for the provider %q", s.Provider)
	}
	isNew, err := e.auth.once.useFlow(e.r.Context(), provider, id, e.now, s.ends())
	if err != nil {
		return flowState{}, err
	} else if !isNew {
		return flowState{}, noFlow(state, "the flow was used already")
	}
	e.recallCallbackURL(s)
	return s, nil
}

// recallCallbackURL remembers the flow's callback URL again, because another tab may have replaced
// it meanwhile: a second try after a failure, and a callback that is reloaded, lead to the same
// page.
func (e *exchange) recallCallbackURL(s flowState) {
	if s.CallbackURL != "" && s.CallbackURL != e.callbackURL {
		e.callbackURL = s.CallbackURL
		cookieRoom{e}.rememberCallbackURL()
	}
}

// ends is when the cookie of the flow is not accepted any more. The ID begins with the time at
// which the flow began.
func (s *flowState) ends() time.Time {
	began, _ := strconv.ParseInt(s.ID[:flowIDTimeLength], 16, 64) // it was sealed with the state
	return time.UnixMilli(began).Add(flowMaxAge + seal.Tolerance)
}
