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

// iterations is the number of steps of PBKDF2. In production, use 600000 with SHA-256, or use
// Argon2id of golang.org/x/crypto.
const iterations = 1000

// hash returns what the application stores for a password: iterations, salt and key.
func hash(password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d$%x$%x", iterations, salt, key), nil
}

// verify reports whether stored is the hash of password.
func verify(stored, password string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 3 {
		return false, fmt.Errorf("want a hash of three parts, have %d", len(parts))
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

// Users sign in with their e-mail address and a password, whose hash the application stores. If
// there is no such user, or the user has no password, the decoy is verified, so that the response
// takes as long.
func ExamplePassword() {
	store := memadapter.New()
	passwords := map[string]string{} // hashes by user ID; usually a column of the application's table
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
				{
					Name: "password", Label: "Password", Type: "password",
					Autocomplete: "current-password", Required: true,
				},
			},
			Password: &credentials.Password{
				Find: func(ctx context.Context, in credentials.Input) (*cardea.User, string, error) {
					u, err := store.UserByEmail(ctx, strings.ToLower(in.Get("email")))
					if err != nil {
						return nil, "", err // cardea.ErrNotFound if there is no such user
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

// attempt submits the form as a browser does, and returns where it is redirected.
func attempt(site, email, password string) string {
	b := newVisitor(site)
	return b.post("/api/auth/callback/credentials",
		url.Values{"email": {email}, "password": {password}, "callbackUrl": {"/"}})
}

// A check can ask another system. This one does its expensive step for every input, and does not
// reveal what was wrong.
func ExampleOptions() {
	directory := credentials.New(credentials.Options{
		ID:     "directory",
		Name:   "Company Directory",
		Fields: []cardea.Field{{Name: "login", Required: true}, {Name: "password", Type: "password", Required: true}},
		Authorize: func(ctx context.Context, in credentials.Input) (*cardea.User, error) {
			entry, err := bind(ctx, in.Get("login"), in.Get("password")) // such as LDAP
			switch {
			case err != nil:
				return nil, err // the directory is unavailable; the visitor learns only that something is wrong
			case entry == nil:
				return nil, credentials.Refuse("")
			case entry.mustChange: // only a visitor who knows the password gets here
				return nil, credentials.Refuse("password_expired")
			}
			return &cardea.User{ID: entry.id, Name: entry.name}, nil
		},
		Messages: map[string]string{"password_expired": "Please change your password in the directory first."},
	})

	for _, password := range []string{"right", "wrong"} {
		u, err := directory.Authorize(context.Background(), map[string]string{"login": "ann", "password": password},
			nil)
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
