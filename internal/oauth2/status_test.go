package oauth2_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// request is one kind of request that a client makes.
type request func(t *testing.T, c *oauth2.Client) error

// requests are all of them, with the smallest response that answers each.
var requests = map[string]struct {
	send request
	body string
}{
	"code": {func(t *testing.T, c *oauth2.Client) error {
		_, err := c.Exchange(t.Context(), "code", verifier)
		return err
	}, `{"access_token":"at"}`},
	"refresh token": {func(t *testing.T, c *oauth2.Client) error {
		_, err := c.Refresh(t.Context(), "refresh")
		return err
	}, `{"access_token":"at"}`},
	"resource": {func(t *testing.T, c *oauth2.Client) error {
		_, err := c.Fetch(t.Context(), oauth2.Resource{URL: c.TokenURL}, &oauth2.Token{Access: "at"})
		return err
	}, `{"id":1}`},
	"pushed request": {func(t *testing.T, c *oauth2.Client) error {
		c.PushURL = c.TokenURL
		_, err := c.Start(t.Context(), "state", verifier, "")
		return err
	}, `{"request_uri":"urn:r"}`},
}

// RFC 6749 § 5.1, RFC 9126 § 2.2 and OpenID Connect Core 1.0 § 5.3.2 name one status each. WorkOS
// (nextauthjs/next-auth#4749), Supabase (modelcontextprotocol/python-sdk#1502) and Harvest
// (pow-auth/assent#112) send 201 for tokens.
func TestAnySuccessfulStatusWithItsContentIsAccepted(t *testing.T) {
	t.Parallel()
	for name, request := range requests {
		for _, status := range []int{200, 201, 202, 203, 206, 226, 299} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				if err := request.send(t, newClient(t, answer(status, "application/json", request.body))); err != nil {
					t.Error(err)
				}
			})
		}
		for _, status := range []int{300, 304, 400, 404, 500, 599} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				if err := request.send(t, newClient(t, answer(status, "application/json", request.body))); err == nil {
					t.Error("accepted")
				}
			})
		}
	}
}

// A status says that there was no error only if the body does not say that there was one.
func TestSuccessfulStatusWithoutItsContentIsAnError(t *testing.T) {
	t.Parallel()
	for name, request := range requests {
		if name == "resource" {
			continue // whose content the caller reads
		}
		for _, status := range []int{200, 201, 202, 203, 206, 299} {
			for _, body := range []string{"", "null", "{}", "<html>", `{"error":"invalid_grant"}`} {
				if request.send(t, newClient(t, answer(status, "application/json", body))) == nil {
					t.Errorf("%s: %q with status %d was accepted", name, body, status)
				}
			}
		}
		for _, status := range []int{http.StatusNoContent, http.StatusResetContent} {
			if request.send(t, newClient(t, answer(status, "application/json", ""))) == nil {
				t.Errorf("%s: status %d was accepted", name, status)
			}
		}
	}
}

// The error code of a response with another successful status is kept.
func TestErrorWithStatusCreated(t *testing.T) {
	t.Parallel()
	c := newClient(t, answer(http.StatusCreated, "application/json", `{"error":"invalid_grant","access_token":"at"}`))
	_, err := c.Exchange(t.Context(), "code", verifier)
	refusal, ok := errors.AsType[*oauth2.Error](err)
	if !ok || refusal.Code != "invalid_grant" || refusal.Status != 201 || !strings.Contains(err.Error(), "status 201") {
		t.Errorf("got %v", err)
	}
}
