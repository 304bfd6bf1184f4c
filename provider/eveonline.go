package provider

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// EVEOnline signs in with a character of EVE Online, by an application
// (https://developers.eveonline.com/applications; rules:
// https://developers.eveonline.com/docs/services/sso/, read 2026-11-22) with the scope publicData.
// One person has many characters, and each is an account. There is no e-mail. What is known of the
// character stands in the access token, a JWT that comes straight from the token endpoint.
func EVEOnline(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "eveonline",
		Name:             "EVE Online",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://login.eveonline.com/v2/oauth/authorize",
		TokenURL:         "https://login.eveonline.com/v2/oauth/token",
		Scopes:           []string{"publicData"},
		InsecureSkipPKCE: true,
		FetchUserinfo:    readEVEToken,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			id := eveCharacter(raw.String("sub"))
			return oauth.Profile{
				ID:    id,
				Name:  raw.String("name"),
				Image: "https://images.evetech.net/characters/" + id + "/portrait?size=128",
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#1b1b1b"},
	}
}

// readEVEToken reads the access token. TLS says that it is the token endpoint's, so its signature
// proves nothing more (as OpenID Connect Core 1.0 § 3.1.3.7 has it for ID tokens); it must still be
// for this client.
func readEVEToken(_ context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
	parts := strings.Split(g.AccessToken, ".")
	if len(parts) != 3 {
		return nil, errors.New("the access token is no JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("the access token is no JWT")
	}
	var claims oauth.Claims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, errors.New("the access token is no JWT")
	}
	if issuer := strings.TrimSuffix(claims.String("iss"), "/"); issuer != "https://login.eveonline.com" &&
		issuer != "login.eveonline.com" {
		return nil, errors.New("the access token is not by EVE Online")
	}
	if aud := claims.Strings("aud"); !slices.Contains(aud, g.ClientID) || !slices.Contains(aud, "EVE Online") {
		return nil, errors.New("the access token is for another client")
	}
	return claims, nil
}

// eveCharacter is the number in a subject such as CHARACTER:EVE:95465499, "" in any other.
func eveCharacter(subject string) string {
	id, ok := strings.CutPrefix(subject, "CHARACTER:EVE:")
	if !ok || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}
