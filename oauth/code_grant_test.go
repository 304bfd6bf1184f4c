package oauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

func TestCodeGrantAcceptsOnlyObjectsWithASuccessfulStatus(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Query().Get("status"))
		w.WriteHeader(status)
		fmt.Fprint(w, r.URL.Query().Get("body"))
	}))
	t.Cleanup(server.Close)
	g := &oauth.CodeGrant{HTTP: server.Client()}
	for _, tc := range []struct {
		status int
		body   string
		want   string
	}{
		{200, `{"id":9007199254740993}`, "9007199254740993"},
		{201, `{"id":7}`, "7"},
		{203, `{"id":7}`, "7"},
		{206, `{"id":7}`, "7"},
		{204, ``, ""},
		{201, `s3cr3t`, ""},
		{400, `{"id":7,"error":"s3cr3t"}`, ""},
		{500, `{"id":7}`, ""},
		{200, `[{"id":7}]`, ""},
		{200, `s3cr3t`, ""},
		{302, `{"id":7}`, ""},
	} {
		target := fmt.Sprintf("%s?status=%d&body=%s", server.URL, tc.status, url.QueryEscape(tc.body))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := g.Do(req)
		if got.String("id") != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%d %s: got %v, %v; want the id %q", tc.status, tc.body, got, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%d %s: the error quotes the body: %v", tc.status, tc.body, err)
		}
	}
}
