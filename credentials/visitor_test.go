package credentials_test

import (
	"encoding/json"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/url"
)

// visitor is a browser for examples, which have no testing.T.
type visitor struct {
	http.Client
	site string
}

func newVisitor(site string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{http.Client{Jar: jar, CheckRedirect: stop, Transport: &http.Transport{}}, site}
}

// post posts a form with the CSRF token, and returns the path and query of the redirect.
func (v *visitor) post(path string, form url.Values) string {
	res, err := v.Get(v.site + "/api/auth/csrf")
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	var csrf struct{ CSRFToken string }
	if err := json.NewDecoder(res.Body).Decode(&csrf); err != nil {
		log.Fatal(err)
	}
	form.Set("csrfToken", csrf.CSRFToken)
	if res, err = v.PostForm(v.site+path, form); err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		log.Fatal(err)
	}
	return to.RequestURI()
}
