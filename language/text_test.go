package language_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/language"
)

func textsOf(t *testing.T, c language.Config, tag string) *language.Texts {
	t.Helper()
	set, err := c.Set()
	if err != nil {
		t.Fatal(err)
	}
	for _, texts := range set.All() {
		if texts.Tag() == tag {
			return texts
		}
	}
	t.Fatalf("no %s in %v", tag, set.All())
	return nil
}

func TestTextFillsItsPlaceholders(t *testing.T) {
	t.Parallel()
	de := textsOf(t, language.Config{}, "de")
	if got := de.Text("signout.question", "site", "{user} <b>"); got != "Möchten Sie sich von {user} <b> abmelden?" {
		t.Errorf("got %q", got)
	}
	if got := de.Text("no.such.text"); got != "no.such.text" {
		t.Errorf("an unknown key: %q", got)
	}
}

// Without isolation, the address and the words around it would be read in another order.
func TestValuesAreIsolatedInTextFromRightToLeft(t *testing.T) {
	t.Parallel()
	c := language.Config{Texts: map[string]map[string]string{"he": {"signout.question": "לצאת מ־{site}?"}}}
	if got := textsOf(t, c, "he").Text("signout.question", "site", "example.com"); got !=
		"לצאת מ־\u2068example.com\u2069?" {
		t.Errorf("got %q", got)
	}
}

func TestRightToLeft(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"ar": true, "ar-EG": true, "he": true, "fa-IR": true, "ur": true, "yi": true, "ku-Arab": true, "ar-Latn": false,
		"az": false, "tr": false, "de": false,
	} {
		set := newSet(t, tag)
		if got := set.All()[0].IsRightToLeft(); got != want {
			t.Errorf("%s: got %t", tag, got)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	const key = "time.hour"
	arabic := map[string]string{
		key + ".zero": "{n} صفر", key + ".one": "ساعة", key + ".two": "ساعتين", key + ".few": "{n} ساعات",
		key + ".many": "{n} ساعة", key + ".other": "{n} من الساعات",
	}
	c := language.Config{Texts: map[string]map[string]string{
		"ar": arabic, "ru": {key + ".other": "{n} часов"}, "de": {key + ".other": "{n} Std."},
	}}
	for _, test := range []struct {
		tag, want string
		n         int
	}{
		{"en", "an hour", 1}, {"en", "0 hours", 0}, {"en", "21 hours", 21}, {"de", "einer Stunde", 1},
		{"de", "2 Std.", 2}, {"fr", "une heure", 1}, {"fr", "une heure", 0}, {"fr", "2 heures", 2},
		{"ja", "1 時間", 1}, {"zh-Hans", "1 小时", 1}, {"ar", "ساعتين", 2}, {"ar", "3 ساعات", 3},
		{"ar", "11 ساعة", 11}, {"ar", "100 من الساعات", 100}, {"ru", "1 часов", 1}, {"ru", "3 часов", 3},
	} {
		if got := textsOf(t, c, test.tag).Count(key, test.n); got != test.want {
			t.Errorf("%s %d: got %q, want %q", test.tag, test.n, got, test.want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 2, 15, 4, 5, 0, time.UTC)
	for tag, want := range map[string][2]string{
		"en": {"2026-03-02", "2 March 2026 15:04 UTC"}, "de": {"2.3.2026", "2. März 2026, 15:04 UTC"},
		"fr": {"02/03/2026", "2 mars 2026 à 15:04 UTC"}, "es": {"2/3/2026", "2 de marzo de 2026, 15:04 UTC"},
		"pt-BR": {"02/03/2026", "2 de março de 2026 às 15:04 UTC"},
		"ja":    {"2026年3月2日", "2026年3月2日 15:04 UTC"}, "zh-Hans": {"2026年3月2日", "2026年3月2日 15:04 UTC"},
	} {
		texts := textsOf(t, language.Config{}, tag)
		if got := [2]string{texts.Day(at), texts.Time(at)}; got != want {
			t.Errorf("%s: got %q, want %q", tag, got, want)
		}
	}
}

// What is missing in a language that the application adds is that of a language without its last
// subtags, and else English, in the application's words if it has some.
func TestMissingTextsComeFromTheNearestLanguage(t *testing.T) {
	t.Parallel()
	c := language.Config{Texts: map[string]map[string]string{
		"de-AT": {"signin.or": "oda"}, "it": {"signin.or": "o"}, "en": {"signin.ways": "More ways in"},
	}}
	for _, test := range []struct{ tag, key, want string }{
		{"de-AT", "signin.or", "oda"}, {"de-AT", "signin.heading", "Anmelden"}, {"it", "signin.or", "o"},
		{"it", "signin.heading", "Sign in"}, {"it", "signin.ways", "More ways in"},
		{"en", "signin.ways", "More ways in"},
		{"de", "signin.ways", "Andere Anmeldemöglichkeiten"},
	} {
		if got := textsOf(t, c, test.tag).Text(test.key); got != test.want {
			t.Errorf("%s, %s: got %q, want %q", test.tag, test.key, got, test.want)
		}
	}
}

func TestSetNamesTheFaultyField(t *testing.T) {
	t.Parallel()
	own := func(tag, key, text string) language.Config {
		return language.Config{Texts: map[string]map[string]string{tag: {key: text}}}
	}
	for want, c := range map[string]language.Config{
		`Offer[1]: want a language tag`:       {Offer: []string{"en", "de_DE"}},
		`Offer[0]: want a language tag`:       {Offer: []string{""}},
		`Offer[1]: de is there twice`:         {Offer: []string{"de", "DE"}},
		`Offer[0]: there are no texts for it`: {Offer: []string{"it"}},
		`Texts["it"]: the language is not in Offer`: {
			Offer: []string{"en"}, Texts: map[string]map[string]string{"it": {"signin.or": "o"}},
		},
		`Texts["!"]: want a language tag`:                         own("!", "signin.or", "o"),
		`Texts["IT"]["no"]: there is no text with this key`:       own("IT", "no", "o"),
		`Texts["it"]["signin.or"]: is empty`:                      own("it", "signin.or", " "),
		`Texts["it"]["signin.or"]: want text in one line`:         own("it", "signin.or", "o\r\nBcc: x@example.com"),
		`Texts["it"]["signin.or"]: want the placeholders none`:    own("it", "signin.or", "o {site}"),
		`Texts["it"]["site.open"]: want the placeholders {site}`:  own("it", "site.open", "Vai a {sito}"),
		`Texts["it"]["signin.user"]: want the placeholders {/a}`:  own("it", "signin.user", "{user} {a}esci"),
		`Texts["it"]["time.day.few"]: want the placeholders none`: own("it", "time.day.few", "{days} giorni"),
		`Texts["it"]["date.day"]: want the placeholders {d}`:      own("it", "date.day", "{tag}.{m}.{year}"),
		`Texts["it"]["signin.few"]: there is no text`:             own("it", "signin.few", "o"),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if _, err := c.Set(); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestContextCarriesTheLanguage(t *testing.T) {
	t.Parallel()
	de := textsOf(t, language.Config{}, "de")
	if got := language.Of(language.With(context.Background(), de)); got != de {
		t.Errorf("got %v", got)
	}
	if got := language.Of(context.Background()).Text("signin.heading"); got != "Sign in" {
		t.Errorf("without a language: %q", got)
	}
}

// A mail has its language in a field, and mails are logged.
func TestTextsArePrintedAsTheirTag(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(textsOf(t, language.Config{}, "pt-BR"))
	if err != nil || string(text) != `"pt-BR"` {
		t.Errorf("%s, %v", text, err)
	}
	var none *language.Texts
	if none.Tag() != "en" || none.Text("signin.heading") != "Sign in" || none.Count("time.day", 1) != "a day" {
		t.Error("nil is not English")
	}
}

func TestBuiltInReturnsACopy(t *testing.T) {
	t.Parallel()
	language.BuiltIn("en")["signin.heading"] = "changed"
	if got := language.BuiltIn("en")["signin.heading"]; got != "Sign in" {
		t.Errorf("got %q", got)
	}
	if language.BuiltIn("it") != nil {
		t.Error("Italian is built in")
	}
}
