package cardea_test

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
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// Member is the application's row of a user.
type Member struct {
	ID   string
	Role string
}

// memberStore keeps users and sessions in memory, and members as the user entities. An application
// with GORM has gormadapter.Open(options, gormadapter.WithUser[Member]()) instead.
type memberStore struct {
	*memadapter.Adapter
	members map[string]*Member
}

func (s memberStore) NewUser() any { return new(Member) }

func (s memberStore) CreateUser(ctx context.Context, u *cardea.User) error {
	member := u.Entity.(*Member)
	if err := s.Adapter.CreateUser(ctx, u); err != nil {
		return err
	}
	member.ID = u.ID
	s.members[u.ID] = member
	u.Entity = member
	return nil
}

// The application's own columns of a new user are filled from the profile, in the transaction that
// inserts the row.
func ExampleBeforeCreate() {
	var mails cardeatest.Mailbox
	store := memberStore{memadapter.New(), map[string]*Member{}}
	auth, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Logger:  slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter: store,
		Providers: []cardea.Provider{
			email.New(email.Options{From: "Example <no-reply@example.com>", Sender: &mails}),
		},
		OnCreateUser: cardea.BeforeCreate(func(_ context.Context, m *Member, p *oauth.Profile) error {
			m.Role = "GUEST"
			if p.EmailVerified && strings.HasSuffix(p.Email, "@example.com") {
				m.Role = "STAFF"
			}
			return nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	site := httptest.NewServer(auth)
	defer site.Close()

	// Two new users sign in by e-mail.
	for _, address := range []string{"ann@example.com", "bob@example.org"} {
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
			"csrfToken": {form.CSRFToken}, "email": {address},
		}); err != nil {
			log.Fatal(err)
		}
		sent := mails.All()
		if _, err := browser.Get(sent[len(sent)-1].Link); err != nil {
			log.Fatal(err)
		}
		u, err := store.UserByEmail(context.Background(), address)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(u.Email, store.members[u.ID].Role)
	}
	// Output:
	// ann@example.com STAFF
	// bob@example.org GUEST
}
