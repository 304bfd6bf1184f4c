package cardea_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	accountpage "github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	passwords "github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/provider"
)

// canary is each secret of the values below. It is as long as the seed of an Ed25519 key.
const canary = "canary-0123456789-canary-0123456"

// secretHolders returns a value of each type of the root module that holds secrets. Every secret is
// the canary.
func secretHolders(t *testing.T) []any {
	t.Helper()
	issuer := cardeatest.NewIssuer(t)
	issuer.ClientSecret = canary
	mails := &cardeatest.Mailbox{}
	message := email.Message{
		From: "shown", To: "shown", Subject: "shown", Text: canary, HTML: canary, Link: canary, Code: canary,
	}
	if err := mails.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	config := cardea.Config{
		Secret: canary, PreviousSecrets: []string{canary}, BaseURL: "https://shown.example",
		Providers: []cardea.Provider{provider.Google(provider.Client{ID: "shown", Secret: canary})},
		Session:   cardea.SessionConfig{Strategy: cardea.StrategyJWT},
	}
	part := addFeature(&config, "shown", func(*cardea.Host) error { return nil })
	auth, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Features = nil
	sessions, err := authjs.New(authjs.Config{Secret: canary})
	if err != nil {
		t.Fatal(err)
	}
	claims := oauth.Claims{
		"name": "shown", "access_token": canary, "nested": map[string]any{"ClientSecret": canary},
		"list": []any{map[string]any{"X-Api-Key": canary, "tokens": []any{canary}}},
	}
	account := &cardea.Account{
		Provider: "shown", AccessToken: canary, RefreshToken: canary, IDToken: canary, ExpiresAt: time.Unix(1, 0),
	}
	user := &cardea.User{ID: "1", Name: "shown", Entity: &struct{ Password string }{canary}}
	session := &cardea.Session{Token: canary, UserID: "shown", User: user, Claims: claims}
	signIn := &cardea.SignIn{User: user, Account: account, Profile: &oauth.Profile{ID: "shown", Raw: claims}}
	key := oauth.ClientKey{Signer: ed25519.NewKeyFromSeed([]byte(canary)), ID: "shown"}
	store := memadapter.New()
	if err := store.CreateVerificationToken(t.Context(), &cardea.VerificationToken{Token: canary}); err != nil {
		t.Fatal(err)
	}
	return []any{
		config, auth, part.host, feature.Form{Path: "shown", Hidden: map[string]string{"token": canary}},
		feature.AddressToken{Hash: canary, Expires: time.Now()}, *account,
		feature.OpenedLink{Kind: "shown", Token: canary},
		factor.Factor{UserID: "shown", Secret: canary},
		*session, *user, *signIn, cardea.Authenticator{ProviderAccountID: "shown"},
		cardea.VerificationToken{Identifier: "shown", Token: canary},
		cardea.SignInMail{To: "shown", URL: "https://shown.example/?token=" + canary, Code: canary},
		cardea.TokenChange{Claims: claims, SignIn: signIn, Trigger: "shown"},
		cardea.SessionView{Session: session, User: claims, Extra: claims, Trigger: "shown"},
		authjs.Config{Secret: canary, PreviousSecrets: []string{canary}, CookieName: "shown"}, sessions,
		authjs.Claims{"name": "shown", "accessToken": canary, "nested": map[string]any{"refresh_token": canary}},
		oauth.Provider{
			ID: "shown", ClientID: "shown", ClientSecret: canary, ClientKey: key,
			Headers:           map[string]string{"X-Key": canary},
			Token:             oauth.TokenRules{Headers: map[string]string{"X-Key": canary}},
			ClientCertificate: &tls.Certificate{PrivateKey: ed25519.NewKeyFromSeed([]byte(canary))},
		},
		key, claims, oauth.Profile{ID: "shown", Raw: claims},
		oauth.CodeGrant{
			ClientID: "shown", ClientSecret: canary, Code: canary, Verifier: canary, AccessToken: canary,
			Callback: url.Values{"code": {canary}}, Token: oauth.Claims{"anything": canary},
		},
		oauth.Redirection{
			ClientID: "shown", ClientSecret: canary, ReturnTo: canary, State: canary, Answer: url.Values{"a": {canary}},
		},
		oauth.TokenRules{
			Method: "shown", Headers: map[string]string{"X-Key": canary}, Params: url.Values{"secret": {canary}},
		},
		provider.Client{ID: "shown", Secret: canary, Issuer: "https://shown.example"},
		provider.AppleOptions{TeamID: "shown", KeyID: "shown", PrivateKey: canary},
		accountpage.Mail{Kind: accountpage.MailAsked, Site: "shown", To: "shown", URL: canary},
		passwords.Mail{Kind: passwords.MailReset, Site: "shown", To: "shown", URL: canary},
		passwordhash.Firebase{SignerKey: canary, SaltSeparator: "shown", Rounds: 8, MemoryCost: 14},
		provider.BungieOptions{APIKey: canary}, message, cardeatest.Mail{Message: message},
		email.SMTP{Host: "shown", Username: "shown", Password: canary},
		&email.Service{Name: "shown", URL: "https://shown.example", Header: http.Header{"X-Key": {canary}}},
		store, issuer, mails, cardeatest.MailServerConfig{Username: "shown", Password: canary, Token: canary},
		cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Username: "shown", Password: canary}),
		cardeatest.Delivery{From: "shown", Data: []byte(canary)},
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	for _, v := range secretHolders(t) {
		for how, text := range printed(t, v) {
			if form := canaryIn(text); form != "" {
				t.Errorf("%T, %s: has the secret as %s:\n%.300s", v, how, form, text)
			}
		}
	}
}

// A log without the rest of a value would be of no use.
func TestWhatIsNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	for _, v := range secretHolders(t) {
		switch v.(type) {
		case *cardea.Auth, *cardea.Host, *authjs.Sessions, *memadapter.Adapter, *cardeatest.Issuer, *cardeatest.Mailbox,
			*cardeatest.MailServer, provider.BungieOptions, feature.AddressToken: // nothing else in them is a text
			continue
		}
		for _, how := range []string{"%v", "%+v", "%s", "slog text", "slog JSON"} {
			if text := printed(t, v)[how]; !strings.Contains(text, "shown") {
				t.Errorf("%T, %s: says nothing: %s", v, how, text)
			}
		}
	}
}

// printed returns all texts that the standard library makes of a value, by how.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	type keeper struct{ Kept any }
	typed, isPointer := reflect.ValueOf(v), reflect.ValueOf(v).Kind() == reflect.Pointer
	list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(typed.Type()), 0, 1), typed)
	table := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), typed.Type()))
	table.SetMapIndex(reflect.ValueOf("key"), typed)
	outer := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Inner", Type: typed.Type()}}))
	outer.Elem().Field(0).Set(typed)
	forms := map[string]any{
		"": v, " in a list": list.Interface(), " in a map": table.Interface(), " in a struct": outer.Elem().Interface(),
		" in a pointer to a struct": outer.Interface(), " in an interface": keeper{v}, " in []any": []any{v},
	}
	if !isPointer {
		pointer := reflect.New(typed.Type())
		pointer.Elem().Set(typed)
		forms[" behind a pointer"], forms[" behind pointers"] = pointer.Interface(), []any{keeper{pointer.Interface()}}
	}
	texts := map[string]string{}
	for form, x := range forms {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10.3v"} {
			texts[verb+form] = fmt.Sprintf(verb, x)
		}
		texts["Errorf"+form] = fmt.Errorf("failed: %v", x).Error()
		text, err := json.Marshal(x)
		texts["JSON"+form] = fmt.Sprint(string(text), err)
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("said", "value", x, slog.Group("group", slog.Any("value", x)))
		texts["slog text"+form] = b.String()
		b.Reset()
		slog.New(slog.NewJSONHandler(&b, nil)).With("with", x).Info("said", "value", x)
		texts["slog JSON"+form] = b.String()
	}
	if isClaims(v) {
		// JSON of claims is what Node servers, browsers and applications read.
		for form := range forms {
			delete(texts, "JSON"+form)
			if form != "" && form != " behind a pointer" {
				delete(texts, "slog JSON"+form)
			}
		}
	}
	return texts
}

// isClaims reports whether a value is claims or has some in its JSON.
func isClaims(v any) bool {
	switch v.(type) {
	case oauth.Claims, authjs.Claims, oauth.Profile, cardea.Session, cardea.SignIn, cardea.TokenChange,
		cardea.SessionView, cardea.User: // the JSON of an Entity is the application's
		return true
	}
	return false
}

// canaryIn says how a text contains the canary, "" if it does not.
func canaryIn(text string) string {
	for name, form := range map[string]string{
		"text": "canary", "hexadecimal": hex.EncodeToString([]byte("canary")), "HEXADECIMAL": "63616E617279",
		"spaced": "63 61 6e 61 72 79", "numbers": "99 97 110 97 114 121", "Go": "0x63, 0x61, 0x6e, 0x61",
		"base64": base64.StdEncoding.EncodeToString([]byte("canary")), "list": "99,97,110,97,114,121",
	} {
		if strings.Contains(text, form) {
			return name
		}
	}
	return ""
}

// The values above are of all types that have something to hide.
func TestSecretHoldersAreComplete(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, v := range secretHolders(t) {
		got = append(got, strings.TrimPrefix(fmt.Sprintf("%T", v), "*"))
	}
	methods := methodsOfTypes(librarySource(t))
	for name, list := range methods {
		// these have a test in their modules
		isTested := strings.HasPrefix(name, "gormadapter.") || strings.HasPrefix(name, "redisstore.")
		if slices.Contains(list, "LogValue") && !isTested {
			want = append(want, name)
		}
	}
	// has the methods of what it embeds
	got = slices.DeleteFunc(got, func(s string) bool { return s == "cardeatest.Mail" })
	want = slices.DeleteFunc(want, func(s string) bool { return s == "credentials.Input" }) // has no exported field
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("tested %v, with methods %v", got, want)
	}
}

func TestFormInputIsNotPrinted(t *testing.T) {
	t.Parallel()
	var in credentials.Input
	p := credentials.New(credentials.Options{
		Fields: []cardea.Field{{Name: "password", Label: "Password"}},
		Authorize: func(_ context.Context, got credentials.Input) (*cardea.User, error) {
			in = got
			return nil, credentials.Refuse("no")
		},
	})
	_, _ = p.Authorize(t.Context(), map[string]string{"password": canary}, httptest.NewRequest("POST", "/", nil))
	if in.Get("password") != canary {
		t.Fatal("the form has no password")
	}
	for how, text := range printed(t, in) {
		if form := canaryIn(text); form != "" {
			t.Errorf("%s: has the password as %s: %s", how, form, text)
		}
	}
}

// Claims and entities are the application's, which decides what of them is JSON. Nothing else in
// the JSON of a sign-in and of a session is secret.
func TestJSONOfSignInsAndSessionsHasNoSecret(t *testing.T) {
	t.Parallel()
	account := &cardea.Account{AccessToken: canary, RefreshToken: canary, IDToken: canary}
	signIn := &cardea.SignIn{User: &cardea.User{}, Account: account, Profile: &oauth.Profile{ID: "1"}}
	session := &cardea.Session{Token: canary, User: &cardea.User{}}
	for _, v := range []any{
		signIn, session, []*cardea.Account{account}, &cardea.TokenChange{SignIn: signIn},
		&cardea.SessionView{Session: session},
	} {
		text, err := json.Marshal(v)
		if form := canaryIn(string(text)); form != "" || err != nil {
			t.Errorf("%T: has the secret as %s: %s, %v", v, form, text, err)
		}
	}
}

// A pointer to nothing must not end in a panic.
func TestNilIsPrinted(t *testing.T) {
	t.Parallel()
	var (
		auth    *cardea.Auth
		account *cardea.Account
		b       bytes.Buffer
	)
	text := fmt.Sprintf("%v %+v", auth, account)
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("said", "auth", auth, "in", cardea.SignIn{}, "claims", oauth.Claims(nil))
	if text != "<nil> <nil>" || !strings.Contains(b.String(), "auth=<nil> in=cardea.SignIn{} claims=map[]") {
		t.Errorf("got %s, %s", text, b.String())
	}
}
