package cardea_test

import (
	"context"
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
	"github.com/cardea-auth/cardea/credentials"
)

// Sign-in with a form that the application checks itself. For passwords use credentials.Password,
// which also keeps the answer and its timing from revealing who has an account.
func Example_credentials() {
	// isMember stands for a request to the library's system.
	isMember := func(_ context.Context, card, pin string) (bool, error) {
		return card == "4711" && pin == "2580", nil
	}
	auth, err := cardea.New(cardea.Config{
		Secret: "32 bytes or more, made by: cardea secret",
		Logger: slog.New(slog.DiscardHandler), // the default is slog.Default()
		Providers: []cardea.Provider{credentials.New(credentials.Options{
			Name: "Library card",
			Fields: []cardea.Field{
				{Name: "card", Label: "Number of the card", Required: true},
				{Name: "pin", Label: "PIN", Type: "password", Required: true},
			},
			Authorize: func(ctx context.Context, in credentials.Input) (*cardea.User, error) {
				ok, err := isMember(ctx, in.Get("card"), in.Get("pin"))
				if err != nil {
					return nil, err
				}
				if !ok {
					return nil, credentials.Refuse("unknown_card")
				}
				return &cardea.User{ID: in.Get("card"), Name: "Ann Example"}, nil
			},
			Messages: map[string]string{"unknown_card": "The number or the PIN is wrong."},
		})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /loans", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		fmt.Fprintf(w, "The loans of %s, card %s.", u.Name, u.ID)
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
	for _, pin := range []string{"1234", "2580"} {
		res, err := browser.PostForm(site.URL+"/api/auth/callback/credentials", url.Values{
			"csrfToken": {form.CSRFToken}, "card": {"4711"}, "pin": {pin}, "callbackUrl": {"/loans"},
		})
		if err != nil {
			log.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		if err != nil {
			log.Fatal(err)
		}
		if code := res.Request.URL.Query().Get("code"); code != "" {
			fmt.Println("Refused:", code)
			continue
		}
		fmt.Println(string(page))
	}
	// Output:
	// Refused: unknown_card
	// The loans of Ann Example, card 4711.
}
