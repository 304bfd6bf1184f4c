package cardea_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
)

var cookieInPicture = regexp.MustCompile(`authjs\.[a-z-]+`)

// The pictures of a sign-in name the cookies that a browser gets on the way, and no others. They
// are XML with the text as text.
func TestPicturesOfASignInNameItsCookies(t *testing.T) {
	t.Parallel()
	for file, signIn := range map[string]func(*testing.T, mailSite, *cardeatest.Browser){
		"signin-oauth.svg": func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			visit(t, b, openCallback(t, b, beginAs(t, b, "idp", "1001", "/")))
		},
		"signin-mail.svg": func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			picture, err := os.ReadFile("docs/images/" + file)
			if err != nil {
				t.Fatal(err)
			}
			named := slices.Compact(slices.Sorted(slices.Values(cookieInPicture.FindAllString(textOf(t, picture), -1))))
			s := newMailSite(t, nil)
			b, tap := newBrowser(t, s.URL), &httpRecorder{}
			b.Transport = tap
			visit(t, b, s.URL+"/api/auth/signin")
			signIn(t, s, b)
			if b.Session() == nil {
				t.Fatal("nobody is signed in")
			}
			var set []string
			for _, e := range tap.all() {
				for _, c := range (&http.Response{Header: e.answer}).Cookies() {
					if name := cookieInPicture.FindString(c.Name); name != "" { // the provider has cookies of its own
						set = append(set, name)
					}
				}
			}
			slices.Sort(set)
			if set = slices.Compact(set); !slices.Equal(named, set) {
				t.Errorf("the picture has %v, the browser got %v", named, set)
			}
		})
	}
}

// textOf returns the text of a picture.
func textOf(t *testing.T, picture []byte) string {
	t.Helper()
	var text strings.Builder
	for d := xml.NewDecoder(strings.NewReader(string(picture))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := token.(xml.CharData); ok {
			text.Write(data)
		}
	}
}
