package cardea_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

// Sign-in by e-mail: the visitor types an address, and the link of the mail signs in. A test gets
// the mails from a Mailbox. In production the sender is an email.SMTP or an email.Service.
func Example_email() {
	var mails cardeatest.Mailbox
	auth, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Logger:  slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter: memadapter.New(),
		Providers: []cardea.Provider{
			email.New(email.Options{From: "Example <no-reply@example.com>", Sender: &mails}),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /{$}", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		fmt.Fprintf(w, "Signed in as %s, verified: %t", u.Email, !u.EmailVerified.IsZero())
	}))
	site := httptest.NewServer(mux)
	defer site.Close()

	// The browser of a visitor, who sends the form of the sign-in page.
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
	res, err := browser.Get(site.URL + "/api/auth/csrf")
	if err != nil {
		log.Fatal(err)
	}
	var form struct{ CSRFToken string }
	if err := json.NewDecoder(res.Body).Decode(&form); err != nil {
		log.Fatal(err)
	}
	if _, err := browser.PostForm(site.URL+"/api/auth/signin/email", url.Values{
		"csrfToken": {form.CSRFToken}, "email": {"Ann@Example.com"}, "callbackUrl": {"/"},
	}); err != nil {
		log.Fatal(err)
	}

	// The visitor opens the link, which leads to the page of the callback URL.
	mail := mails.All()[0]
	fmt.Println("A mail to", mail.To)
	res, err = browser.Get(mail.Link)
	if err != nil {
		log.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	fmt.Println(string(page), err)
	// Output:
	// A mail to ann@example.com
	// Signed in as ann@example.com, verified: true <nil>
}
