package email_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/internal/pseudo"
	"github.com/cardea-auth/cardea/language"
)

// mailIn returns a mail without Latin letters of its own.
func mailIn(t *language.Texts) *cardea.SignInMail {
	return &cardea.SignInMail{
		URL: "456", Site: "https://12.3", Code: "12345678", MaxAge: time.Hour, CodeMaxAge: time.Minute, Language: t,
	}
}

var headOfMail = regexp.MustCompile(`(?s)<title>(.*?)</title>`)

func TestSignInMailHasNoTextsOfItsOwn(t *testing.T) {
	t.Parallel()
	texts, err := pseudo.Texts()
	if err != nil {
		t.Fatal(err)
	}
	m, err := email.Compose(mailIn(texts))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
		if words := pseudo.Untranslated(text); len(words) > 0 || !strings.Contains(text, "ж") {
			t.Errorf("%s: %q in %s", name, words, text)
		}
	}
	if !strings.Contains(m.HTML, `<html lang="`+pseudo.Tag+`">`) || headOfMail.FindString(m.HTML) == "" {
		t.Errorf("the HTML has no language or no title: %s", m.HTML)
	}
}

func TestSignInMailSaysHowLongItCounts(t *testing.T) {
	t.Parallel()
	set, err := language.Config{}.Set()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"en":    "once, for an hour; the code for a minute",
		"de":    "läuft nach einer Stunde ab. Der Code läuft nach einer Minute ab",
		"fr":    "expire après une heure. Le code expire après une minute",
		"es":    "caduca después de una hora. El código caduca después de un minuto",
		"pt-BR": "expira após uma hora. O código expira após um minuto", "ja": "リンクは 1 時間以内に", "zh-Hans": "链接在 1 小时内有效",
	}
	for _, texts := range set.All() {
		m, err := email.Compose(mailIn(texts))
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ReplaceAll(m.Text, "\u00a0", " "); !strings.Contains(text, want[texts.Tag()]) {
			t.Errorf("%s: no %q in\n%s", texts.Tag(), want[texts.Tag()], m.Text)
		}
		if strings.Contains(m.HTML, "{") || strings.Count(m.HTML, "<strong>") != 1 {
			t.Errorf("%s: %s", texts.Tag(), m.HTML)
		}
	}
}

func TestSignInMailFromRightToLeft(t *testing.T) {
	t.Parallel()
	c := language.Config{Offer: []string{"he"}, Texts: map[string]map[string]string{
		"he": {"mail.signin.subject": "כניסה ל־{site}"},
	}}
	set, err := c.Set()
	if err != nil {
		t.Fatal(err)
	}
	m, err := email.Compose(mailIn(set.All()[0]))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(m.HTML, `dir="rtl"`) != 2 || m.Subject != "כניסה ל־\u206812.3\u2069" {
		t.Errorf("subject %q, HTML %s", m.Subject, m.HTML)
	}
}

func TestLoggedMailNamesItsLanguage(t *testing.T) {
	t.Parallel()
	set, err := language.Config{}.Set()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", *mailIn(set.All()[1]))
	if !strings.Contains(text, "Language:de") || strings.Contains(text, "Anmelden") ||
		strings.Contains(text, "12345678") {
		t.Errorf("got %s", text)
	}
}
