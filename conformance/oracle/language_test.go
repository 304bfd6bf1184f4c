package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	xlanguage "golang.org/x/text/language"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/provider"
)

// offered are the built-in languages, and wanted what browsers ask for. Languages that x/text takes
// for readable by people of another one, such as Catalan, are not among them.
var (
	offered = []string{"en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans"}
	wanted  = []string{
		"en", "en-US", "en-GB", "de", "de-DE", "de-AT", "de-CH", "fr", "fr-CA", "es", "es-MX", "es-419", "pt", "pt-BR",
		"pt-PT", "ja", "ja-JP", "zh", "zh-CN", "zh-SG", "zh-Hans", "zh-Hans-CN", "it", "it-IT", "nl", "pl", "sv-SE",
		"ko",
	}
)

// Visitors get the language that x/text chooses. If a language is there twice with another one in
// between, x/text takes the one in between; a lookup (RFC 4647 § 3.4) takes the first.
func TestAcceptLanguage(t *testing.T) {
	t.Parallel()
	auth, err := cardea.New(cardea.Config{
		Secret:    strings.Repeat("s", 32),
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	var tags []xlanguage.Tag
	for _, tag := range offered {
		tags = append(tags, xlanguage.MustParse(tag))
	}
	matcher := xlanguage.NewMatcher(tags)
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var items []string
		for i := range 1 + random.IntN(4) {
			tag := wanted[random.IntN(len(wanted))]
			if !strings.Contains(strings.Join(items, ","), tag[:2]) {
				items = append(items, fmt.Sprintf("%s;q=0.%d", tag, 9-i))
			}
		}
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		header := strings.Join(items, ", ")
		accepted, _, err := xlanguage.ParseAcceptLanguage(header)
		if err != nil {
			t.Fatal(err)
		}
		_, at, _ := matcher.Match(accepted...)
		r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/signout", nil)
		r.Header.Set("Accept-Language", header)
		w := httptest.NewRecorder()
		auth.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); got != offered[at] {
			t.Errorf("%s: got %s, want %s", header, got, offered[at])
		}
	}
}

// A number has the plural form that x/text knows from CLDR 32. Hebrew has lost a form since then,
// and French, Italian, Portuguese and Spanish have got one for millions.
func TestPlurals(t *testing.T) {
	t.Parallel()
	forms := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
		plural.Other: "other",
	}
	texts := map[string]string{}
	for _, form := range forms {
		texts["time.day."+form] = form
	}
	for _, tag := range []string{
		"am", "ar", "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "gu",
		"hi", "hr", "hu", "hy", "id", "it", "ja", "kn", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt-BR", "ro", "ru",
		"sk", "sl", "sr", "sv", "sw", "th", "tr", "uk", "ur", "vi", "zh-Hans", "zu",
	} {
		set, err := language.Config{Offer: []string{tag}, Texts: map[string]map[string]string{tag: texts}}.Set()
		if err != nil {
			t.Fatal(err)
		}
		for n := range 1200 {
			got := set.All()[0].Count("time.day", n)
			if want := forms[plural.Cardinal.MatchPlural(xlanguage.MustParse(tag), n, 0, 0, 0, 0)]; got != want {
				t.Errorf("%s %d: got %s, want %s", tag, n, got, want)
				break
			}
		}
	}
}
