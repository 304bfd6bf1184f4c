package redirect_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// What browsers make of such addresses (https://url.spec.whatwg.org, § 1.3 and § 4.4). It is what
// location.href has, which the client of next-auth sends; nextauthjs/next-auth issue 12499 is of
// somebody whose page has š in its path.
func TestTargetIsEncodedAsBrowsersDo(t *testing.T) {
	t.Parallel()
	const site = "https://app.example"
	for raw, want := range map[string]string{
		"/grüße":                          "/gr%C3%BC%C3%9Fe",
		"/završi-profil":                  "/zavr%C5%A1i-profil",
		"/😀?q=😀#😀":                        "/%F0%9F%98%80?q=%F0%9F%98%80#%F0%9F%98%80",
		"/ドキュメント/はじめに":                    "/%E3%83%89%E3%82%AD%E3%83%A5%E3%83%A1%E3%83%B3%E3%83%88/%E3%81%AF%E3%81%98%E3%82%81%E3%81%AB",
		site + "/bücher?titel=käse":       "/b%C3%BCcher?titel=k%C3%A4se",
		"HTTPS://App.Example:443/ü":       "/%C3%BC",
		"//app.example/ü":                 "/%C3%BC",
		"/my file?name=my file#a b":       "/my%20file?name=my%20file#a%20b",
		"  /dashboard  ":                  "/dashboard",
		"/gr%C3%BC%C3%9Fe ü":              "/gr%C3%BC%C3%9Fe%20%C3%BC",
		"/a%20b?c=d%2Fe":                  "/a%20b?c=d%2Fe",
		"/a?b=100%":                       "/a?b=100%",
		`/"<>^` + "`{}":                   "/%22%3C%3E%5E%60%7B%7D",
		`/a?"<>'` + "^`{}":                "/a?%22%3C%3E%27^`{}",
		`/a#"<>'` + "^`{}":                "/a#%22%3C%3E'^%60{}",
		"/a|b[c]~!$&'()*+,;=:@":           "/a|b[c]~!$&'()*+,;=:@",
		`/a\b`:                            "/a/b",
		`/a?b=\c#\d`:                      "/a?b=%5Cc#%5Cd",
		"/a\u2028b\u200bc":                "/a%E2%80%A8b%E2%80%8Bc",
		"/e\u0301":                        "/e%CC%81", // not normalized
		"/a//b":                           "/a//b",
		"/a///b//?c=//d#//e":              "/a///b//?c=//d#//e",
		"/proxy/https://example.com":      "/proxy/https://example.com",
		"/a?next=https://evil.example//x": "/a?next=https://evil.example//x",
		"/a/ /b":                          "/a/%20/b",
		"/a/%09/b":                        "/a/%09/b",
		"/a%5Cb/%2F/c":                    "/a%5Cb/%2F/c",
		"/%20a":                           "/%20a",
		site + "//a":                      "/a", // the path alone would lead away
		site + "////a//b":                 "/a//b",
		site + `/\a`:                      "/a",
		"/a#100%":                         "/a", // no fragment for net/url
		"/a?b=c#%zz":                      "/a?b=c",
	} {
		base := parse(t, site)
		if got := redirect.Target(raw, base); got != site+want {
			t.Errorf("Target(%q) = %q, want %q", raw, got, site+want)
		}
		if got := redirect.Target(site+want, base); got != site+want {
			t.Errorf("Target(%q) = %q, want it unchanged", site+want, got)
		}
	}
}

// Encoding must not bring back what leads away.
func TestEncodingLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"//evil.example/ü", "///evil.example/ü", `/\evil.example/ü`, "/ü/..//evil.example", "/ü/../x", "/ü/%2e%2E/x",
		"/\u3000/evil.example", "/\u200b/evil.example", "/\u200b\u00a0//evil.example", "/\u2215evil.example",
		"/\u2044evil.example", "/%E2%80%8B/evil.example", "/%EF%BC%8Fevil.example", "/%20%5Cevil.example",
		"https://evil.example/https://app.example/", "https://app.example:8443/ü", "http://app.example/ü",
		"https://app.example@evil.example/ü", "https://ü@app.example/", "https://app.exämple/",
		"https://app.example\u3002evil.example/", "dashboard/ü", "?a=ü", "#ü", "/ü\n", "/ü\x7f", "/ü\xff",
		"javascript:alert('ü')//https://app.example",
	} {
		const site = "https://app.example"
		if got := redirect.Target(raw, parse(t, site)); got != site {
			t.Errorf("Target(%q) = %q", raw, got)
		}
	}
}

// What is too long is kept up to the query, and what has no query to lose is the base.
func TestTargetIsShortened(t *testing.T) {
	t.Parallel()
	const site = "https://app.example"
	long, longer := strings.Repeat("a", 2400), strings.Repeat("a", redirect.MaxLength)
	for name, row := range map[string]struct{ raw, want string }{
		"2,400 bytes of path":        {"/" + long, site + "/" + long},
		"2,400 bytes of query":       {"/x?y=" + long, site + "/x?y=" + long},
		"a fragment too much":        {"/x?y=" + long + "#" + long, site + "/x?y=" + long},
		"a query too much":           {"/x?y=" + longer, site + "/x"},
		"a query too much, absolute": {site + "/x?y=" + longer + "#z", site + "/x"},
		"longer once it is encoded":  {"/x?y=" + strings.Repeat("ü", 1000), site + "/x"},
		"a path too much":            {"/" + longer + "?y", site},
	} {
		if got := redirect.Target(row.raw, parse(t, site)); got != row.want {
			t.Errorf("%s: %.60q, want %.60q", name, got, row.want)
		}
	}
}

// An application may lead to another host, and its URLs are encoded alike.
func TestEncode(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://www.example.com/ü?a=ü b#ü": "https://www.example.com/%C3%BC?a=%C3%BC%20b#%C3%BC",
		"https://www.example.com":           "https://www.example.com",
		"/ü?next=https://b.example/ü":       "/%C3%BC?next=https://b.example/%C3%BC",
		"":                                  "",
	} {
		got := redirect.Encode(raw)
		if _, err := url.Parse(got); got != want || err != nil {
			t.Errorf("Encode(%q) = %q, want %q; %v", raw, got, want, err)
		}
	}
}
