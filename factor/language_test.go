package factor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/internal/pseudo"
)

// Every word on the pages of the second factor is a text of package language, or a name.
func TestPagesHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	required := false
	s := newSite(t, func(c *cardea.Config, o *factor.Options) {
		c.Languages = pseudo.Config()
		o.Remember = 30 * 24 * time.Hour
		o.RequiredFor = func(context.Context, *cardea.User) bool { return required }
	})
	check := func(what string, p page) {
		t.Helper()
		key := p.find(`<code>([A-Z2-7 ]{39})</code>`)
		body := recoveryCode.ReplaceAllString(p.body, "")
		names := []string{key, annAddress, "ben@example.com", "Ann", s.host(), "UTC"}
		if words := pseudo.Untranslated(body, names...); len(words) > 0 {
			t.Errorf("%s: %q", what, words)
		}
		if !strings.Contains(body, `<html lang="`+pseudo.Tag+`">`) || strings.Count(body, "ж") < 10 {
			t.Errorf("%s is no page of this language: %s", what, p.body)
		}
	}
	ann := s.user(t, annAddress)
	own := s.enter(t, ann, "pwd")
	check("the account page without a factor", own.get("/account"))
	check("the way to a page that demands a factor", own.get("/strong"))
	p := own.start()
	check("an enrolment", p)
	a := s.appOf(t, p)
	check("a wrong code", own.post("/factor/enrol", "code", "000000"))
	check("a long name", own.post("/factor/enrol", "code", a.code(0), "name", strings.Repeat("ж", 65)))
	p = own.post("/factor/enrol", "code", a.code(0))
	codes := recoveryCodesOf(p)
	if len(codes) != 8 {
		t.Fatalf("enrolled: ended at %s", p.at)
	}
	check("recovery codes", p)
	check("the account page", own.get("/account"))
	check("confirmation", own.get("/factor/confirm"))
	check("a wrong confirmation", own.post("/factor/confirm", "code", "000000"))
	own.post("/factor/confirm", "code", a.next())
	check("the account page after a use", own.get("/account"))
	required = true
	check("the last factor", own.post("/factor/remove", "id", s.factors(t, ann)[0].ID))

	v := s.visitor(t)
	check("a challenge", v.enter(ann, "pwd"))
	check("a wrong code", v.post("/factor/challenge", "code", "000000"))
	check("recovery", v.get("/factor/recovery"))
	check("a wrong recovery code", v.post("/factor/recovery", "code", "x"))
	for _, code := range codes[:6] { // so that few are left
		w := s.visitor(t)
		w.enter(ann, "pwd")
		w.post("/factor/recovery", "code", code)
	}
	check("the account page with few codes", own.get("/account"))
	check("a required factor", s.visitor(t).enter(s.user(t, "ben@example.com"), "pwd"))
}

func TestMailsHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	texts, err := pseudo.Texts()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []factor.MailKind{
		factor.MailAdded, factor.MailRemoved, factor.MailCodes, factor.MailRecovery,
	} {
		m := factor.Compose(factor.Mail{Kind: kind, Site: "123", URL: "456", Factor: "78", Left: 9, Language: texts})
		if words := pseudo.Untranslated(m.Subject + "\n" + m.Text); len(words) > 0 || m.Subject == "" ||
			!strings.Contains(m.Text, "456") {
			t.Errorf("%s: %q in %s\n%s", kind, words, m.Subject, m.Text)
		}
	}
}

func TestMailsAreInTheLanguageOfTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *factor.Options) { c.Languages.Offer = []string{"es"} })
	ann := s.user(t, annAddress)
	s.enter(t, ann, "pwd").enrolIn(t)
	s.wantMails(t, annAddress, "Nuevo segundo factor en "+s.host())
}

// enrolIn sets up an app on a page of any language.
func (v *visitor) enrolIn(t *testing.T) {
	t.Helper()
	a := v.site.appOf(t, v.start())
	if p := v.post("/factor/enrol", "code", a.code(0)); len(recoveryCodesOf(p)) != 8 {
		t.Fatalf("enrolled: ended at %s", p.at)
	}
}
