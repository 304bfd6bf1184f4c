package relyingparty_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// signInWithGoOIDC signs in with go-oidc and x/oauth2 in the way that their documentation shows.
func signInWithGoOIDC(ctx context.Context, s *scenario, redirectURL string) result {
	token, err := goOIDC(ctx, s, redirectURL)
	if err != nil {
		return result{reason: err.Error()}
	}
	return result{accepted: true, token: token}
}

func goOIDC(ctx context.Context, s *scenario, redirectURL string) (tokenValues, error) {
	p, err := oidc.NewProvider(ctx, s.issuer)
	if err != nil {
		return tokenValues{}, err
	}
	config := oauth2.Config{
		ClientID: s.clientID, ClientSecret: s.secret, Endpoint: p.Endpoint(), RedirectURL: redirectURL,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if s.post {
		config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	state, nonce, pkce := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	code, err := authorize(ctx, config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(pkce)))
	if err != nil {
		return tokenValues{}, err
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(pkce))
	if err != nil {
		return tokenValues{}, err
	}
	idToken, err := verify(ctx, p, s, token, nonce)
	if err != nil {
		return tokenValues{}, err
	}
	email, err := emailOf(ctx, p, s, idToken, token)
	if err != nil {
		return tokenValues{}, err
	}
	return tokenValues{
		idToken.Subject, email, token.AccessToken, token.RefreshToken, strings.ToLower(token.Type()),
		minutes(s, token.Expiry),
	}, nil
}

// verify checks the ID token. go-oidc leaves the nonce and the hash of the access token to the
// application.
func verify(
	ctx context.Context, p *oidc.Provider, s *scenario, token *oauth2.Token, nonce string,
) (*oidc.IDToken, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token")
	}
	idToken, err := p.VerifierContext(ctx, &oidc.Config{ClientID: s.clientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != nonce {
		return nil, errors.New("the nonce is not the one that was sent")
	}
	if idToken.AccessTokenHash != "" {
		if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, err
		}
	}
	return idToken, nil
}

// emailOf returns the e-mail address in userinfo, if the scenario has it, and else in the ID token.
// Userinfo must be about the same person (OpenID Connect Core 1.0 § 5.3.2).
func emailOf(
	ctx context.Context, p *oidc.Provider, s *scenario, idToken *oidc.IDToken, token *oauth2.Token,
) (string, error) {
	if s.userinfo.members == nil {
		var claims map[string]any
		err := idToken.Claims(&claims)
		email, _ := claims["email"].(string)
		return email, err
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return "", err
	}
	if info.Subject != idToken.Subject {
		return "", errors.New("userinfo is about somebody else")
	}
	return info.Email, nil
}

// authorize asks the authorization endpoint for a code, and reads it in the redirect.
func authorize(ctx context.Context, authorizationURL string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, authorizationURL, nil)
	if err != nil {
		return "", err
	}
	res, err := ownTransport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	res.Body.Close()
	back, err := res.Location()
	if err != nil {
		return "", fmt.Errorf("authorization endpoint: %s", res.Status)
	}
	return back.Query().Get("code"), nil
}

// minutes returns the lifetime of a token in minutes, "" if it is not known.
func minutes(s *scenario, expires time.Time) string {
	if expires.IsZero() {
		return ""
	}
	return fmt.Sprintf("%.0f", expires.Sub(s.now).Minutes())
}
