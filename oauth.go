package cardea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// oauthClient is an OAuthProvider at work. It is never changed after New, so that no sign-in can see anything of another.
type oauthClient struct {
	*OAuthProvider
	http   *http.Client
	now    func() time.Time
	issuer *oidc.Issuer // nil for OAuth2
}

func newOAuthClient(p *OAuthProvider, client *http.Client, now func() time.Time) *oauthClient {
	if client == nil {
		client = outbound.Client(p.onLoopback())
	}
	c := &oauthClient{OAuthProvider: p, http: client, now: now}
	if p.Type == OIDC {
		c.issuer = oidc.NewIssuer(oidc.Metadata{
			Issuer: p.Issuer, AuthorizationURL: p.AuthorizationURL, TokenURL: p.TokenURL, UserinfoURL: p.UserinfoURL, JWKSURL: p.JWKSURL,
		}, client, now)
	}
	return c
}

// metadata is what is known of the server: configured for OAuth2, discovered for OIDC.
func (c *oauthClient) metadata(ctx context.Context) (*oidc.Metadata, error) {
	if c.issuer != nil {
		return c.issuer.Metadata(ctx)
	}
	return &oidc.Metadata{Issuer: c.Issuer, AuthorizationURL: c.AuthorizationURL, TokenURL: c.TokenURL, UserinfoURL: c.UserinfoURL}, nil
}

func (c *oauthClient) client(m *oidc.Metadata, redirectURI string) *oauth.Client {
	scopes := c.Scopes
	if scopes == nil && c.Type == OIDC {
		scopes = []string{"openid", "profile", "email"}
	}
	return &oauth.Client{
		ID: c.ClientID, Secret: c.ClientSecret, Auth: c.clientAuth(m),
		AuthorizationURL: m.AuthorizationURL, TokenURL: m.TokenURL, RedirectURI: redirectURI,
		Scopes: scopes, Params: c.AuthorizationParams, HTTP: c.http, Now: c.now,
	}
}

// clientAuth follows the metadata when the configuration is silent: basic is the default of the standard, so only a server that lists other
// methods, but not it, gets the secret in the body.
func (c *oauthClient) clientAuth(m *oidc.Metadata) string {
	if c.ClientAuth == "" && c.ClientSecret != "" && m.TokenAuth != nil &&
		!slices.Contains(m.TokenAuth, oauth.SecretBasic) && slices.Contains(m.TokenAuth, oauth.SecretPost) {
		return oauth.SecretPost
	}
	return string(c.ClientAuth)
}

// forwardable are the parameters of a sign-in request that reach the provider: hints from which nothing is to be gained.
var forwardable = []string{"login_hint", "prompt", "ui_locales", "acr_values", "max_age", "display", "screen_hint", "hd"}

// authorizationURL is where the visitor's browser goes to sign in.
func (c *oauthClient) authorizationURL(ctx context.Context, at attempt, redirectURI string, query url.Values) (string, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return "", fail(signInError, "%w", err)
	}
	client := c.client(m, redirectURI)
	client.Params = url.Values{}
	for name, values := range c.AuthorizationParams {
		client.Params[name] = values
	}
	for _, name := range forwardable {
		if v := query.Get(name); v != "" {
			client.Params.Set(name, v)
		}
	}
	u, err := client.AuthorizationRequest(at.State, at.Verifier, at.Nonce)
	if err != nil {
		return "", fail(signInError, "%w", err)
	}
	return u, nil
}

// checkIssuer keeps the answer of one server from being taken for another's (RFC 9207 § 2.4).
func (c *oauthClient) checkIssuer(m *oidc.Metadata, iss string, present bool) error {
	switch {
	case present && m.Issuer != "" && iss != m.Issuer:
		return fail(invalidCheck, "the callback's iss is not the issuer %q", m.Issuer)
	case !present && m.RequireIss:
		return fail(invalidCheck, "the callback has no iss, which %q promises to send", m.Issuer)
	}
	return nil
}

// identify redeems the code and returns who the provider says has signed in.
func (c *oauthClient) identify(ctx context.Context, m *oidc.Metadata, at attempt, code, redirectURI string) (*Profile, *Account, error) {
	client := c.client(m, redirectURI)
	token, err := client.Exchange(ctx, code, at.Verifier)
	if err != nil {
		return nil, nil, fail(callbackRouteError, "%w", err)
	}
	raw, err := c.raw(ctx, client, m, at, token)
	if err != nil {
		return nil, nil, fail(callbackRouteError, "%w", err)
	}
	describe := c.Profile
	if describe == nil {
		describe = standardProfile
	}
	profile, err := describe(ctx, raw)
	if err != nil {
		return nil, nil, fail(profileParseError, "%w", err)
	}
	profile.Raw = raw
	if err := profile.clean(); err != nil {
		return nil, nil, fail(profileParseError, "%w", err)
	}
	return &profile, &Account{
		Type: c.Type, Provider: c.ID, ProviderAccountID: profile.ID,
		AccessToken: token.Access, RefreshToken: token.Refresh, ExpiresAt: token.Expires, TokenType: token.Type,
		Scope: token.Scope, IDToken: token.IDToken, SessionState: token.SessionState,
	}, nil
}

// raw is everything that the provider tells of the person.
func (c *oauthClient) raw(ctx context.Context, client *oauth.Client, m *oidc.Metadata, at attempt, token *oauth.Token) (Claims, error) {
	if c.issuer == nil {
		return c.userinfo(ctx, client, m.UserinfoURL, token.Access)
	}
	if token.IDToken == "" {
		return nil, errors.New("the token answer has no id_token; is the scope openid missing?")
	}
	claims, err := c.issuer.Verify(ctx, token.IDToken, oidc.Expect{ClientID: c.ClientID, Nonce: at.Nonce, AccessToken: token.Access})
	if err != nil || !c.UseUserinfo {
		return claims, err
	}
	info, err := c.userinfo(ctx, client, m.UserinfoURL, token.Access)
	if err != nil {
		return nil, err
	}
	return oidc.Merge(claims, info)
}

func (c *oauthClient) userinfo(ctx context.Context, client *oauth.Client, endpoint, access string) (Claims, error) {
	if endpoint == "" {
		return nil, errors.New("the provider has no userinfo endpoint")
	}
	info, err := client.Fetch(ctx, endpoint, access, c.Headers)
	if err != nil || c.EmailsURL == "" {
		return info, err
	}
	list, err := client.FetchList(ctx, c.EmailsURL, access, c.Headers)
	if err != nil {
		return nil, fmt.Errorf("e-mail addresses: %w", err)
	}
	if email, ok := primaryEmail(list); ok {
		info["email"], info["email_verified"] = email, true
	}
	return info, nil
}

// primaryEmail is the verified primary address of a list such as GitHub's, or else the first verified one.
func primaryEmail(list []map[string]any) (string, bool) {
	first := ""
	for _, entry := range list {
		e := Claims(entry)
		switch email := e.String("email"); {
		case email == "" || !e.True("verified"):
		case e.True("primary"):
			return email, true
		case first == "":
			first = email
		}
	}
	return first, first != ""
}

// clean makes what came from outside safe to store, and fails for a person without an identity.
func (p *Profile) clean() error {
	switch id := strings.TrimSpace(p.ID); strings.ToLower(id) {
	case "", "null", "undefined", "<nil>", "nil", "nan", "[object object]":
		return errors.New("the profile has no id")
	}
	if strings.HasPrefix(p.ID, "%!") { // what package fmt makes of a value that is not there
		return errors.New("the profile has no id")
	}
	if len(p.ID) > 255 {
		return errors.New("the profile's id is longer than 255 bytes")
	}
	p.Email = cleanEmail(p.Email)
	p.EmailVerified = p.EmailVerified && p.Email != ""
	p.Name = cleanName(p.Name)
	p.Image = cleanImage(p.Image)
	return nil
}

// lowerASCII leaves other letters alone: strings.ToLower would make k of the Kelvin sign and i of a dotted capital I, and one address of two.
func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// cleanEmail returns the address in lower case, or "" for what cannot be one.
func cleanEmail(s string) string {
	s = strings.Map(lowerASCII, strings.TrimSpace(s))
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || domain == "" || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) ||
		strings.ContainsAny(s, `",;<>()`) || strings.Contains(domain, "@") {
		return ""
	}
	return s
}

func cleanName(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), ""))
	if r := []rune(s); len(r) > 255 {
		return string(r[:255])
	}
	return s
}

// cleanImage returns the picture's address, or "" for one that a page should not load.
func cleanImage(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2048 || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s
}

// standardProfile maps the standard claims (OpenID Connect Core 1.0 § 5.1).
func standardProfile(_ context.Context, c Claims) (Profile, error) {
	name := c.String("name")
	for _, claim := range []string{"nickname", "preferred_username"} {
		if name == "" {
			name = c.String(claim)
		}
	}
	return Profile{
		ID: c.String("sub"), Name: name, Email: c.String("email"), EmailVerified: c.True("email_verified"), Image: c.String("picture"),
	}, nil
}
