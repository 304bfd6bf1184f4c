package credentials_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/memadapter"
)

// iterations is how slow a guess is. Use 600000 for PBKDF2 with SHA-256 in production, or Argon2id
// of golang.org/x/crypto.
const iterations = 1000

// hash returns what is stored of a password: iterations, salt and key.
func hash(password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d$%x$%x", iterations, salt, key), nil
}

// verify reports whether a password is the one of such a hash.
func verify(stored, password string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 3 {
		return false, fmt.Errorf("a hash has three parts, not %d", len(parts))
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil {
		return false, err
	}
	salt, err := hex.DecodeString(parts[1])
	if err != nil {
		return false, err
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, n, sha256.Size)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(parts[2]), fmt.Appendf(nil, "%x", key)) == 1, nil
}

// People sign in with their e-mail address and a password that the application keeps beside its
// users. Where there is no user, or none with a password, the decoy is verified in its place, so
// that the answer takes as long.
func ExamplePassword() {
	store := memadapter.New()
	passwords := map[string]string{} // by user; a column of the application's own in real life
	ann := &cardea.User{Name: "Ann", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
	passwords[ann.ID], _ = hash("correct horse battery staple")
	decoy, err := hash(rand.Text())
	if err != nil {
		log.Fatal(err)
	}

	auth, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Adapter: store,
		Providers: []cardea.Provider{credentials.New(credentials.Options{
			Fields: []cardea.Field{
				{Name: "email", Label: "Email", Type: "email", Autocomplete: "username", Required: true},
				{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password",
					Required: true},
			},
			Password: &credentials.Password{
				Find: func(ctx context.Context, in credentials.Input) (*cardea.User, string, error) {
					u, err := store.UserByEmail(ctx, strings.ToLower(in.Get("email")))
					if err != nil {
						return nil, "", err // cardea.ErrNotFound, when there is nobody
					}
					return u, passwords[u.ID], nil
				},
				Verify: verify,
				Decoy:  decoy,
			},
		})},
	})
	if err != nil {
		log.Fatal(err)
	}
	site := httptest.NewServer(auth)
	defer site.Close()

	fmt.Println(attempt(site.URL, "ann@example.com", "correct horse battery staple"))
	fmt.Println(attempt(site.URL, "ann@example.com", "a guess"))
	fmt.Println(attempt(site.URL, "nobody@example.com", "a guess"))
	// Output:
	// /
	// /api/auth/signin?code=credentials&error=CredentialsSignin
	// /api/auth/signin?code=credentials&error=CredentialsSignin
}

// attempt does as a browser would, and returns where it is sent.
func attempt(site, email, password string) string {
	b := newVisitor(site)
	return b.post("/api/auth/callback/credentials",
		url.Values{"email": {email}, "password": {password}, "callbackUrl": {"/"}})
}

// A check of another kind. It does its expensive step whatever it finds, and does not say what was
// wrong.
func ExampleOptions() {
	door := credentials.New(credentials.Options{
		ID:     "directory",
		Name:   "Company Directory",
		Fields: []cardea.Field{{Name: "login", Required: true}, {Name: "password", Type: "password", Required: true}},
		Authorize: func(ctx context.Context, in credentials.Input) (*cardea.User, error) {
			entry, err := bind(ctx, in.Get("login"), in.Get("password")) // such as LDAP
			switch {
			case err != nil:
				return nil, err // the directory is away: nobody is told more than that something is wrong
			case entry == nil:
				return nil, credentials.Refuse("")
			case entry.mustChange: // only who knows the password gets here
				return nil, credentials.Refuse("password_expired")
			}
			return &cardea.User{ID: entry.id, Name: entry.name}, nil
		},
		Messages: map[string]string{"password_expired": "Please change your password in the directory first."},
	})

	for _, password := range []string{"right", "wrong"} {
		u, err := door.Authorize(context.Background(), map[string]string{"login": "ann", "password": password}, nil)
		fmt.Println(u != nil, err)
	}
	// Output:
	// true <nil>
	// false CredentialsSignin: refused by the application's check
}

type entry struct {
	id, name   string
	mustChange bool
}

func bind(_ context.Context, login, password string) (*entry, error) {
	if login != "ann" || password != "right" {
		return nil, nil
	}
	return &entry{id: "7", name: "Ann"}, nil
}
