package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// directory is sign-in with the directory of a company, such as LDAP. It is a feature: a part of
// sign-in in a package of its own.
type directory struct {
	// bind asks the directory, and returns the address and the name of the person. The error is
	// errWrong for a wrong name or password.
	bind func(ctx context.Context, name, password string) (email, fullName string, err error)

	host  *cardea.Host
	store entryStore
}

var errWrong = errors.New("wrong name or password")

// entryStore is what an adapter needs in addition for a directory.
type entryStore interface {
	UserOfEntry(ctx context.Context, entry string) (userID string, err error) // cardea.ErrNotFound for none
	CreateEntry(ctx context.Context, entry, userID string) error
	DeleteEntries(ctx context.Context, userID string) error
	HasEntry(ctx context.Context, userID string) (bool, error)
}

func (d *directory) FeatureID() string { return "directory" }

// Install adds a form to the sign-in page, and the rows that go with the user.
func (d *directory) Install(h *cardea.Host) error {
	var ok bool
	if d.store, ok = h.Adapter().(entryStore); !ok {
		return errors.New("needs an Adapter that is an entryStore")
	}
	d.host = h
	h.Offer(feature.Way{
		ID: "directory", Name: "the company directory",
		Fields: []feature.Field{
			{Name: "name", Label: "Name", Autocomplete: "username", Required: true},
			{Name: "password", Label: "Password", Type: "password", Required: true},
		},
		Finish: d.signIn,
	})
	// Somebody who has an entry can sign in with it, so other ways in may be removed.
	h.Rows(feature.Rows{Delete: d.store.DeleteEntries, HasCredential: d.store.HasEntry})
	return nil
}

// tries is how often a name may be tried.
var tries = ratelimit.Rate{Count: 5, Within: time.Minute}

func (d *directory) signIn(_ http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), d.host.Form(r.Context())
	name, password := form["name"], form["password"]
	if password == "" { // LDAP lets everybody in without a password (RFC 4513 § 5.1.2)
		return &cardea.Error{Code: cardea.CodeCredentialsSignIn}
	}
	// It counts before the check, so that parallel tries do not pass together.
	limit := d.host.Limit("bind", tries)
	if err := limit.Take(ctx, name); err != nil {
		return err
	}
	email, fullName, err := d.bind(ctx, name, password)
	switch {
	case errors.Is(err, errWrong):
		return &cardea.Error{Code: cardea.CodeCredentialsSignIn, Err: err}
	case err != nil:
		return d.host.StoreError("ask the directory", err) // 503: trying again may help
	}
	limit.Give(ctx, name)

	id, err := d.store.UserOfEntry(ctx, name)
	switch {
	case err == nil:
		return d.host.Complete(ctx, cardea.Proof{UserID: id, Methods: []string{"pwd"}})
	case !errors.Is(err, cardea.ErrNotFound):
		return d.host.StoreError("read the entry", err)
	}
	// The first time. The directory is trusted with the address: the user who has it signs in, or a
	// new one. The entry is stored in the same transaction.
	return d.host.Complete(ctx, cardea.Proof{
		Email: email, User: &cardea.User{Name: fullName}, Methods: []string{"pwd"},
		Within: func(ctx context.Context, u *cardea.User) error { return d.store.CreateEntry(ctx, name, u.ID) },
	})
}

// entries is a store in memory. One with a database runs its statements in the transaction that ctx
// carries.
type entries struct {
	*memadapter.Adapter
	mu    sync.Mutex
	users map[string]string // by entry
}

func (s *entries) UserOfEntry(_ context.Context, entry string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.users[entry]; ok {
		return id, nil
	}
	return "", cardea.ErrNotFound
}

func (s *entries) CreateEntry(_ context.Context, entry, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[entry] = userID
	return nil
}

func (s *entries) DeleteEntries(_ context.Context, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for entry, id := range s.users {
		if id == userID {
			delete(s.users, entry)
		}
	}
	return nil
}

func (s *entries) HasEntry(_ context.Context, userID string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.users {
		if id == userID {
			return true, nil
		}
	}
	return false, nil
}

// A way to sign in that Cardea does not have, as a package of its own would add it: the form is on
// the sign-in page, and callbacks, events, limits and sessions are those of every sign-in.
func ExampleFeature() {
	store := &entries{Adapter: memadapter.New(), users: map[string]string{}}
	company := &directory{bind: func(_ context.Context, name, password string) (string, string, error) {
		if name != "ann" || password != "open sesame" {
			return "", "", errWrong
		}
		return "ann@example.com", "Ann Example", nil
	}}
	auth, err := cardea.New(cardea.Config{
		Secret:   "32 bytes or more, made by: cardea secret",
		Logger:   slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter:  store,
		Features: []cardea.Feature{company},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "welcome")
	})
	site := httptest.NewServer(mux)
	defer site.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
	post := func(password string) {
		res, err := browser.Get(site.URL + "/api/auth/csrf")
		if err != nil {
			log.Fatal(err)
		}
		var form struct{ CSRFToken string }
		if err := json.NewDecoder(res.Body).Decode(&form); err != nil {
			log.Fatal(err)
		}
		res.Body.Close()
		res, err = browser.PostForm(site.URL+"/api/auth/callback/directory", url.Values{
			"csrfToken": {form.CSRFToken}, "name": {"ann"}, "password": {password},
		})
		if err != nil {
			log.Fatal(err)
		}
		res.Body.Close()
		fmt.Println(res.Request.URL.RequestURI())
	}
	post("guess")
	post("open sesame")
	fmt.Println(len(store.users), "entry")
	// Output:
	// /api/auth/signin?code=credentials&error=CredentialsSignin
	// /
	// 1 entry
}
