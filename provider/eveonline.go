package provider

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// EVEOnline signs users in with a character of EVE Online. Create an application with the scope
// publicData at https://developers.eveonline.com/applications. Documentation:
// https://developers.eveonline.com/docs/services/sso/, read 2026-11-22. One person can have several
// characters, and each is an account. There is no e-mail address. The data of the character is in
// the access token, a JWT that comes directly from the token endpoint.
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

// readEVEToken reads the claims of the access token. The token came from the token endpoint over
// TLS, so its signature would prove nothing more (OpenID Connect Core 1.0 § 3.1.3.7 says so of ID
// tokens). The token must still be for this client.
func readEVEToken(_ context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
	parts := strings.Split(g.AccessToken, ".")
	if len(parts) != 3 {
		return nil, errors.New("the access token is not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("the access token is not a JWT")
	}
	object, err := outbound.Object(payload)
	if err != nil {
		return nil, errors.New("the access token is not a JWT")
	}
	claims := oauth.Claims(object)
	if issuer := strings.TrimSuffix(claims.String("iss"), "/"); issuer != "https://login.eveonline.com" &&
		issuer != "login.eveonline.com" {
		return nil, errors.New("EVE Online did not issue the access token")
	}
	if aud := claims.Strings("aud"); !slices.Contains(aud, g.ClientID) || !slices.Contains(aud, "EVE Online") {
		return nil, errors.New("the access token is for another client")
	}
	return claims, nil
}

// eveCharacter returns the number in a subject such as CHARACTER:EVE:95465499, or "" for any other.
func eveCharacter(subject string) string {
	id, ok := strings.CutPrefix(subject, "CHARACTER:EVE:")
	if !ok || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}
