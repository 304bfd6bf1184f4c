package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	steamEndpoint  = "https://steamcommunity.com/openid/login" // never read from the response, which anybody can forge
	steamIDs       = "https://steamcommunity.com/openid/id/"
	steamSummaries = "https://api.steampowered.com/ISteamUser/GetPlayerSummaries/v0002/"
	openID2        = "http://specs.openid.net/auth/2.0"
	steamNonceAge  = 5 * time.Minute
)

// steamSigned are the fields that the signature must cover (OpenID Authentication 2.0 § 10.1).
// Anybody may have added fields that it does not cover.
var steamSigned = []string{"op_endpoint", "claimed_id", "identity", "return_to", "response_nonce", "assoc_handle"}

// steamRedirect returns the URL that asks Steam for the user who is signed in there (§ 9.1, § 10).
// The realm, which Steam shows to the user, is the site's origin.
func steamRedirect(_ context.Context, r *oauth.Redirection) (string, error) {
	realm, err := url.Parse(r.ReturnTo)
	if err != nil {
		return "", errors.New("callback is not a URL")
	}
	q := url.Values{
		"openid.ns": {openID2}, "openid.mode": {"checkid_setup"}, "openid.return_to": {r.ReturnTo},
		"openid.realm":    {realm.Scheme + "://" + realm.Host},
		"openid.identity": {openID2 + "/identifier_select"}, "openid.claimed_id": {openID2 + "/identifier_select"},
	}
	return steamEndpoint + "?" + q.Encode(), nil
}

// steamIdentify verifies an assertion (§ 11) by asking Steam (§ 11.4.2).
func steamIdentify(ctx context.Context, r *oauth.Redirection) (oauth.Claims, error) {
	if r.Answer.Get("openid.mode") == "cancel" {
		return nil, &cardea.Error{Code: cardea.CodeOAuthCallback, Err: errors.New("the user cancelled the sign-in")}
	}
	id, err := steamAsserted(r)
	if err != nil {
		return nil, startAgain(err)
	}
	if isValid, err := steamCheck(ctx, r); err != nil {
		return nil, fmt.Errorf("check_authentication: %w", err)
	} else if !isValid {
		return nil, startAgain(errors.New("check_authentication: Steam did not sign the response, or was already " +
			"asked about it"))
	}
	if !r.Once(r.Answer.Get("openid.response_nonce"), r.Now.Add(2*steamNonceAge)) { // Section 11.3
		return nil, startAgain(errors.New("openid.response_nonce was already used"))
	}
	if r.ClientSecret == "" {
		return oauth.Claims{"steamid": id}, nil
	}
	player, err := steamPlayer(ctx, r, id)
	if status, ok := errors.AsType[oauth.StatusError](err); ok && status.Refused() {
		return oauth.Claims{"steamid": id}, nil // the key is not valid, and the assertion is
	}
	if err != nil {
		return nil, fmt.Errorf("GetPlayerSummaries: %w", err)
	}
	return player, nil
}

// steamAsserted returns the ID that a response claims, if Steam made the response for this sign-in.
// Its errors do not quote the response.
func steamAsserted(r *oauth.Redirection) (string, error) {
	field := func(name string) string { return r.Answer.Get("openid." + name) }
	signed := strings.Split(field("signed"), ",")
	for _, name := range steamSigned {
		if !slices.Contains(signed, name) || field(name) == "" {
			return "", fmt.Errorf("openid.%s is missing or not signed", name)
		}
	}
	id, isSteams := strings.CutPrefix(field("claimed_id"), steamIDs)
	switch {
	case field("ns") != openID2, field("mode") != "id_res":
		return "", errors.New("the response is not a positive assertion of OpenID 2.0")
	case field("op_endpoint") != steamEndpoint:
		return "", errors.New("openid.op_endpoint is not Steam's endpoint")
	case field("return_to") != r.ReturnTo: // contains the state, so the assertion is bound to this sign-in
		return "", errors.New("openid.return_to belongs to another sign-in")
	case !isSteams, len(id) != 17, strings.Trim(id, "0123456789") != "":
		return "", errors.New("openid.claimed_id is not a Steam ID")
	case field("identity") != field("claimed_id"):
		return "", errors.New("openid.identity differs from openid.claimed_id")
	case !steamFresh(field("response_nonce"), r.Now):
		return "", errors.New("openid.response_nonce is too old or invalid")
	}
	return id, nil
}

// steamFresh reports whether a nonce is recent. It begins with its time (§ 10.1).
func steamFresh(nonce string, now time.Time) bool {
	stamp, rest, ok := strings.Cut(nonce, "Z")
	made, err := time.Parse("2006-01-02T15:04:05", stamp)
	return ok && rest != "" && err == nil && now.Sub(made).Abs() <= steamNonceAge
}

// steamCheck asks Steam whether it signed the response and is asked for the first time.
func steamCheck(ctx context.Context, r *oauth.Redirection) (isValid bool, err error) {
	form := url.Values{}
	for name, values := range r.Answer {
		if strings.HasPrefix(name, "openid.") {
			form[name] = values
		}
	}
	form.Set("openid.mode", "check_authentication")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, steamEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/plain")
	resp, err := r.HTTP.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", resp.StatusCode)
	}
	return steamValid(string(body)), nil
}

// steamValid reads is_valid from lines of a key, a colon and a value (§ 4.1.1).
func steamValid(body string) bool {
	said := map[string][]string{}
	for line := range strings.Lines(body) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		said[key] = append(said[key], value)
	}
	return slices.Equal(said["ns"], []string{openID2}) && slices.Equal(said["is_valid"], []string{"true"})
}

// steamPlayer returns the public profile. Its errors must not contain the URL, which has the key.
func steamPlayer(ctx context.Context, r *oauth.Redirection, id string) (oauth.Claims, error) {
	q := url.Values{"key": {r.ClientSecret}, "steamids": {id}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, steamSummaries+"?"+q.Encode(), nil)
	if err != nil {
		return nil, errors.New("the Web API key cannot be part of a URL")
	}
	answer, err := r.Do(req)
	if err != nil {
		return nil, err
	}
	response, _ := answer["response"].(map[string]any)
	players, _ := response["players"].([]any)
	for _, p := range players {
		if player, _ := p.(map[string]any); player["steamid"] == id {
			return player, nil
		}
	}
	return nil, errors.New("the response does not contain the user")
}
