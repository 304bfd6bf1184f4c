package oauth2_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// RFC 9126 § 2.2 and § 2.3. Without a reference Start fails. It does not fall back to a request
// with all parameters.
func TestResponsesToAPushedRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status  int
		body    string
		ok      bool
		refusal *oauth2.Error
	}{
		"a reference":                 {201, `{"request_uri":"urn:r","expires_in":60}`, true, nil},
		"a reference with status 200": {200, `{"request_uri":"urn:r"}`, true, nil},
		"a refusal": {
			400, `{"error":"invalid_request","error_description":"t0ps3cret"}`, false,
			&oauth2.Error{Code: "invalid_request", Status: 400},
		},
		"a refusal with a reference":    {400, `{"request_uri":"urn:r"}`, false, &oauth2.Error{Status: 400}},
		"a refusal that is not JSON":    {503, `t0ps3cret`, false, &oauth2.Error{Status: 503}},
		"accepted, with a reference":    {202, `{"request_uri":"urn:r"}`, true, nil},
		"no reference":                  {201, `{}`, false, nil},
		"an empty reference":            {201, `{"request_uri":""}`, false, nil},
		"a reference of another kind":   {201, `{"request_uri":["urn:r"]}`, false, nil},
		"a reference in something else": {201, `[{"request_uri":"urn:r"}]`, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, answer(tc.status, "application/json", tc.body))
			c.PushURL = strings.TrimSuffix(c.TokenURL, "/token") + "/par"
			to, err := c.Start(t.Context(), "state", verifier, "")
			want := ""
			if tc.ok {
				want = c.AuthorizationURL + "?client_id=client+1&request_uri=urn%3Ar"
			}
			if to != want || (err == nil) != tc.ok {
				t.Fatalf("got %q, %v, want %q", to, err, want)
			}
			got, _ := errors.AsType[*oauth2.Error](err)
			if (got == nil) != (tc.refusal == nil) || got != nil && *got != *tc.refusal {
				t.Errorf("got %v, want %v", got, tc.refusal)
			}
			if err != nil && strings.Contains(err.Error(), "t0ps3cret") {
				t.Errorf("the error contains text of the server: %v", err)
			}
		})
	}
}
