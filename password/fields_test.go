package password_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/ratelimit"
)

// customer is the application's row of a user.
type customer struct{ Company, Phone string }

// customerStore keeps customers beside the users.
type customerStore struct {
	*memadapter.Adapter
	mu        sync.Mutex
	taken     string               // a company that another user has
	customers map[string]*customer // by the ids of users
}

func (s *customerStore) NewUser() any { return new(customer) }

func (s *customerStore) CreateUser(ctx context.Context, u *cardea.User) error {
	row, _ := u.Entity.(*customer)
	if s.taken != "" && row.Company == s.taken {
		return cardea.ErrConflict
	}
	if err := s.Adapter.CreateUser(ctx, u); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.customers[u.ID] = row
	u.Entity = row
	return nil
}

// newCustomerSite asks for a company and, if somebody likes, a telephone number.
func newCustomerSite(t *testing.T) (*site, *customerStore) {
	t.Helper()
	store := &customerStore{customers: map[string]*customer{}}
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		store.Adapter = c.Adapter.(*memadapter.Adapter)
		c.Adapter = store
		c.OnCreateUser = cardea.BeforeCreate(func(_ context.Context, row *customer, p *oauth.Profile) error {
			row.Company, row.Phone = p.Raw.String("company"), p.Raw.String("phone")
			switch row.Company {
			case "not accepted":
				return &cardea.Error{Code: password.CodeFields, Err: errors.New("the register has no such company")}
			case "broken":
				return errors.New("the register is away")
			}
			return nil
		})
		o.SignUpLimit = ratelimit.InsecureUnlimited()
		o.Fields = []cardea.Field{
			{Name: "company", Label: "Company", Required: true}, {Name: "phone", Type: "tel", Autocomplete: "tel"},
		}
	})
	return s, store
}

// What is typed into the fields is sealed in the link, and reaches BeforeCreate when the user is
// made, even if it is as long as it may be and so is the address.
func TestFields(t *testing.T) {
	t.Parallel()
	s, store := newCustomerSite(t)
	b := s.browser(t)
	_, _, page := open(t, b, s.URL+"/api/auth/password/signup")
	for _, want := range []string{`name="company"`, "Company", `type="tel" name="phone"`, `autocomplete="tel"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s: %s", want, page)
		}
	}
	address := strings.Repeat("a", 60) + "@" + strings.Repeat("b."+strings.Repeat("c", 57)+".", 3) + "example"
	form := url.Values{"email": {address}, "name": {"Ann"}, "company": {" Ünal & Söhne "}}
	form.Set("phone", strings.Repeat("0", 400-len(`["Ann",{"company":"Ünal \u0026 Söhne","phone":""}]`)))
	wantEnd(t, post(t, b, "/password/signup", form), sentPage+"password_signup_mailed")
	open(t, b, s.mail(t, address, "Sign up"))
	wantEnd(t, post(t, b, "/password/choose", url.Values{"password": {first}}), "/")
	u, err := s.store.UserByEmail(t.Context(), address)
	if err != nil || u.Name != "Ann" {
		t.Fatalf("got %+v, %v", u, err)
	}
	if row := store.customers[u.ID]; row == nil || row.Company != "Ünal & Söhne" || row.Phone != form.Get("phone") {
		t.Errorf("the row is %+v", row)
	}
	if sent, log := fmt.Sprint(s.mails.All()), s.log.text(); strings.Contains(sent+log, "Söhne") {
		t.Error("the mail or the log has what was typed")
	}
}

// A form without a field that is required, or with too much, is refused before a mail is sent. What
// is not asked for is not taken.
func TestFieldsAreChecked(t *testing.T) {
	t.Parallel()
	s, store := newCustomerSite(t)
	long := strings.Repeat("x", 400)
	for name, form := range map[string]url.Values{
		"missing": {"company": {"  "}}, "too long": {"company": {"a"}, "phone": {long}},
		"no text":              {"company": {"\xff"}},
		"too long in the link": {"company": {strings.Repeat("<", 70)}},
	} {
		form.Set("email", ann)
		got := post(t, s.browser(t), "/password/signup", maps.Clone(form))
		if got != "Something is missing, too long, or already taken." {
			t.Errorf("%s: got %q", name, got)
		}
		for client := range clients {
			status, answer := refusedForm(t, s.browser(t), client, "/password/signup", form)
			if status != http.StatusBadRequest || answer["error"] != password.CodeFields {
				t.Errorf("%s, %s: %d, %v", name, client, status, answer)
			}
		}
	}
	if n := len(s.mails.All()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	other, otherStore := newCustomerSite(t)
	b := other.browser(t)
	post(t, b, "/password/signup", url.Values{"email": {ann}, "company": {"a"}, "role": {"ADMIN"}})
	open(t, b, other.mail(t, ann, "Sign up"))
	wantEnd(t, post(t, b, "/password/choose", url.Values{"password": {first}, "role": {"ADMIN"}}), "/")
	for _, row := range otherStore.customers {
		if row.Company != "a" {
			t.Errorf("the row is %+v", row)
		}
	}
	if len(store.customers) != 0 || len(otherStore.customers) != 1 {
		t.Errorf("%d and %d users", len(store.customers), len(otherStore.customers))
	}
}

// A field that the hook does not accept, or whose value another user has, is asked for again on the
// page of the link, and nothing else: what was typed stays, and so does the link. If the fields are
// not at fault, the visitor is told that the server is.
func TestFieldsCanBeMended(t *testing.T) {
	t.Parallel()
	const fault = "Something is missing, too long, or already taken."
	for _, company := range []string{"not accepted", "taken"} {
		s, store := newCustomerSite(t)
		store.taken = "taken"
		b := s.browser(t)
		post(t, b, "/password/signup", url.Values{
			"email": {ann}, "name": {"Ann"}, "company": {company}, "phone": {"7"},
		})
		open(t, b, s.mail(t, ann, "Sign up"))
		choose := func(form url.Values) string {
			form.Set("password", first)
			return post(t, b, "/password/choose", form)
		}
		if got := choose(url.Values{}); got != fault {
			t.Fatalf("%s: got %q", company, got)
		}
		if got := choose(url.Values{"company": {" "}}); got != fault {
			t.Errorf("%s, again: got %q", company, got)
		}
		if got := choose(url.Values{"company": {strings.Repeat("x", 400)}}); got != fault {
			t.Errorf("%s, too long: got %q", company, got)
		}
		_, _, page := open(t, b, s.URL+"/api/auth/password/choose?error=password_fields")
		for _, want := range []string{`name="company" placeholder="` + company + `"`, `placeholder="7"`} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page has no %s: %s", company, want, page)
			}
		}
		if _, _, page := open(t, b, s.URL+"/api/auth/password/choose"); strings.Contains(page, `name="company"`) {
			t.Errorf("the page of the link asks for the fields at once: %s", page)
		}
		_, mark, _ := strings.Cut(page, `name="link" value="`)
		mark, _, _ = strings.Cut(mark, `"`)
		for client := range clients {
			form := url.Values{"password": {first}, "link": {mark}}
			status, answer := refusedForm(t, b, client, "/password/choose", form)
			if status != http.StatusBadRequest || answer["error"] != password.CodeFields {
				t.Errorf("%s, %s: %d, %v", company, client, status, answer)
			}
		}
		wantEnd(t, choose(url.Values{"company": {"Söhne"}}), "/")
		u, err := s.store.UserByEmail(t.Context(), ann)
		if err != nil || u.Name != "Ann" {
			t.Fatalf("%s: got %+v, %v", company, u, err)
		}
		if row := store.customers[u.ID]; row == nil || row.Company != "Söhne" || row.Phone != "7" {
			t.Errorf("%s: the row is %+v", company, row)
		}
		if !strings.Contains(s.log.text(), "password: a user cannot be stored with the fields of the sign-up") {
			t.Errorf("%s: the log does not say why", company)
		}
	}
	s, _ := newCustomerSite(t)
	b := s.browser(t)
	post(t, b, "/password/signup", url.Values{"email": {ann}, "company": {"broken"}})
	open(t, b, s.mail(t, ann, "Sign up"))
	if got := post(t, b, "/password/choose", url.Values{"password": {first}}); !strings.Contains(got, "Configuration") {
		t.Errorf("a hook that fails: got %q", got)
	}
}

// One client can ask for ten sign-ups in an hour, with whatever addresses, or for as many as
// Options.SignUpLimit says.
func TestSignUpLimit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit ratelimit.Rate
		want  int
	}{
		"default": {want: 10}, "two": {ratelimit.Rate{Count: 2, Within: time.Hour}, 2},
	} {
		s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.SignUpLimit = tt.limit })
		for i := range tt.want + 1 {
			form := url.Values{"email": {fmt.Sprintf("ann%d@example.com", i)}}
			at := post(t, s.browser(t), "/password/signup", form)
			if limited := at == "RateLimited"; limited != (i == tt.want) {
				t.Errorf("%s: sign-up %d ended at %s", name, i+1, at)
			}
		}
		at := post(t, s.browser(t), "/password/forgot", url.Values{"email": {ann}})
		wantEnd(t, at, sentPage+"password_reset_mailed")
	}
}

func TestNewNamesFaultsOfTheSignUp(t *testing.T) {
	t.Parallel()
	fields := func(all ...cardea.Field) func(*password.Options) {
		return func(o *password.Options) { o.Fields = all }
	}
	for want, change := range map[string]func(*password.Options){
		`Options.Fields: want a name`:  fields(cardea.Field{Name: "a b"}),
		`an input "email" already`:     fields(cardea.Field{Name: "email"}),
		`an input "password" already`:  fields(cardea.Field{Name: "password"}),
		`an input "csrfToken" already`: fields(cardea.Field{Name: "csrfToken"}),
		`an input "link" already`:      fields(cardea.Field{Name: "link"}),
		`an input "a" already`:         fields(cardea.Field{Name: "a"}, cardea.Field{Name: "a"}),
		`"a": want a type of`:          fields(cardea.Field{Name: "a", Type: "password"}),
		`have 1 within 0s`:             func(o *password.Options) { o.SignUpLimit.Count = 1 },
		`have 0 within 1h0m0s`:         func(o *password.Options) { o.SignUpLimit.Within = time.Hour },
	} {
		o := password.Options{From: "a@example.com", Sender: &cardeatest.Mailbox{}}
		change(&o)
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), Providers: []cardea.Provider{password.New(o)},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}
