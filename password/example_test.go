package password_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// A user who was imported signs in with a password, as the form of the sign-in page does. In
// production the adapter is a gormadapter, and the sender an email.SMTP or an email.Service.
func Example() {
	users := memadapter.New()
	passwords := password.New(password.Options{
		From: "Example <no-reply@example.com>", Sender: &cardeatest.Mailbox{},
	})
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Logger:    slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter:   users,
		Providers: []cardea.Provider{passwords},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	user := &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()}
	if err := users.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	if err := passwords.Set(ctx, user.ID, "correct horse battery staple"); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /{$}", auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if s := cardea.SessionFrom(r.Context()); s != nil {
			fmt.Println("Signed in as", s.User.Email, "by", s.Methods)
		}
	})))
	site := httptest.NewServer(mux)
	defer site.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
	for _, typed := range []string{"a wrong password", "correct horse battery staple"} {
		res, err := browser.Get(site.URL + "/api/auth/csrf")
		if err != nil {
			log.Fatal(err)
		}
		var form struct{ CSRFToken string }
		if err := json.NewDecoder(res.Body).Decode(&form); err != nil {
			log.Fatal(err)
		}
		res, err = browser.PostForm(site.URL+"/api/auth/callback/password", url.Values{
			"csrfToken": {form.CSRFToken}, "email": {"Ann@Example.com"}, "password": {typed},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, error %q\n", res.Status, res.Request.URL.Query().Get("error"))
	}
	// Output:
	// 200 OK, error "CredentialsSignin"
	// Signed in as ann@example.com by [pwd]
	// 200 OK, error ""
}
