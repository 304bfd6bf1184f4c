package cardea

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// A proven identity that waits, for the answer to a question or for a second proof, is a set of
// claims that are sealed: in a form of a page, or in a cookie. Nobody can read or change it.

// resumer is a [signInMethod] whose identities can wait.
type resumer interface {
	// resume fills in what the configuration says about an identity that was proven before.
	resume(id *identity)
}

func (m *oauthMethod) resume(id *identity) { id.linkByEmail = m.LinkByVerifiedEmail }

// The claims of an identity.
const (
	sealedBy      = "by"      // id of the method that has proven it; "" for a proof of code
	sealedFeature = "feature" // id of the feature whose proof it is; "" for none
	sealedNamed   = "named"   // id of the user whom the proof names; "" for none
	sealedAddress = "address" // "true" if an address was proven
	sealedProfile = "profile"
	sealedMethods = "methods"
	sealedStarted = "started" // id of the user who was signed in when the flow began
	sealedAnswer  = "answer"  // number of a linkAnswer
	sealedOrder   = "order"
	sealedConfirm = "confirms" // id of the user who confirms who they are; "" for a sign-in
	sealedProven  = "provenAt" // when the person has proven it, in seconds since 1970; 0 for when that is sealed
	sealedSilent  = "silent"   // "true" if nobody knows whether the provider has asked the person
	sealedExpires = "expires"  // of the access token, in seconds since 1970; 0 if that is not known
)

// claims returns the identity as claims to seal.
func (id *identity) claims() (map[string]any, error) {
	a := id.account
	c := map[string]any{
		sealedBy: id.by, sealedFeature: id.feature, sealedMethods: strings.Join(id.methods, " "),
		sealedStarted: id.startedBy, sealedAnswer: int(id.answer), sealedOrder: id.order, sealedURL: id.callbackURL,
		sealedConfirm: id.confirms,
		"type":        a.Type, "provider": a.Provider, "account": a.ProviderAccountID,
		"refresh": a.RefreshToken, "access": a.AccessToken, "idToken": a.IDToken, "tokenType": a.TokenType,
		"scope": a.Scope, "state": a.SessionState, sealedExpires: max(a.ExpiresAt.Unix(), 0),
	}
	if id.isAddress {
		c[sealedAddress] = "true"
	}
	if id.isSilent {
		c[sealedSilent] = "true"
	}
	if !id.provenAt.IsZero() {
		c[sealedProven] = id.provenAt.Unix()
	}
	if id.user != nil {
		c[sealedNamed] = id.user.ID
	}
	if id.profile != nil {
		text, err := json.Marshal(id.profile)
		if err != nil {
			return nil, fail(codeProfileParse, "the profile: %w", err)
		}
		c[sealedProfile] = string(text)
	}
	for name, value := range c { // a cookie has little room
		if value == "" {
			delete(c, name)
		}
	}
	return c, nil
}

// openIdentity returns the identity that claims describe. If what has proven it is not in the
// configuration any more, it is an error.
func openIdentity(a *Auth, c oauth.Claims) (identity, error) {
	id := identity{
		by: c.String(sealedBy), feature: c.String(sealedFeature), startedBy: c.String(sealedStarted),
		isAddress: c.String(sealedAddress) != "", methods: strings.Fields(c.String(sealedMethods)),
		answer: linkAnswer(intClaim(c, sealedAnswer)), order: intClaim(c, sealedOrder),
		callbackURL: c.String(sealedURL), confirms: c.String(sealedConfirm), isSilent: c.String(sealedSilent) != "",
		account: &Account{
			Type: ProviderType(c.String("type")), Provider: c.String("provider"),
			ProviderAccountID: c.String("account"),
			RefreshToken:      c.String("refresh"), AccessToken: c.String("access"), IDToken: c.String("idToken"),
			TokenType: c.String("tokenType"), Scope: c.String("scope"), SessionState: c.String("state"),
		},
	}
	if seconds := intClaim(c, sealedExpires); seconds != 0 {
		id.account.ExpiresAt = time.Unix(seconds, 0).UTC()
	}
	if seconds := intClaim(c, sealedProven); seconds != 0 {
		id.provenAt = time.Unix(seconds, 0).UTC()
	}
	if named := c.String(sealedNamed); named != "" {
		id.user, id.account.UserID = &User{ID: named}, named
	}
	if text := c.String(sealedProfile); text != "" {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		id.profile = &oauth.Profile{}
		if err := d.Decode(id.profile); err != nil {
			return id, fail(codeProfileParse, "the profile: %w", err)
		}
	}
	if id.by == "" && id.user == nil && !id.isAddress {
		return id, fail(CodeInvalidCheck, "a sign-in that waits was sealed by another version")
	}
	if id.by != "" {
		m, ok := a.method(id.by).(resumer)
		if !ok {
			return id, fail(CodeInvalidCheck, "the provider of a sign-in that waits is gone")
		}
		m.resume(&id)
	}
	if f := id.feature; f != "" && !slices.Contains(a.features.installed, f) && a.method(f) == nil {
		return id, fail(CodeInvalidCheck, "the feature of a sign-in that waits is gone")
	}
	return id, nil
}

// intClaim returns a claim that is a whole number, and 0 if there is none.
func intClaim(c oauth.Claims, name string) int64 {
	n, _ := c[name].(json.Number)
	value, _ := n.Int64()
	return value
}
