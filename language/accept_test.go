package language_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/language"
)

// newSet returns the languages of a site. Languages that are not built in have one text.
func newSet(t testing.TB, offer ...string) *language.Set {
	t.Helper()
	c := language.Config{Offer: offer, Texts: map[string]map[string]string{}}
	for _, tag := range offer {
		if language.BuiltIn(tag) == nil {
			c.Texts[tag] = map[string]string{"signin.or": "X"}
		}
	}
	set, err := c.Set()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var builtIn = []string{"en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans"}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header, want string
		offer              []string
	}{
		{name: "no header", want: "en"},
		{name: "what Chromium sends in Germany", header: "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", want: "de"},
		{name: "what Safari sends in Mexico", header: "es-MX,es;q=0.9", want: "es"},
		{name: "another region", header: "fr-CA", want: "fr"},
		{name: "the order does not matter, the weight does", header: "en;q=0.5, de;q=0.7, fr;q=0.6", want: "de"},
		{name: "the order decides for equal weights", header: "fr, de", want: "fr"},
		{name: "no weight is 1", header: "en;q=0.9, ja", want: "ja"},
		{name: "the first that there is", header: "it, nl;q=0.9, ja;q=0.1", want: "ja"},
		{name: "none that there is", header: "it, nl", want: "en"},
		{name: "upper and lower case", header: "PT-br", want: "pt-BR"},
		{name: "spaces and tabs", header: " de\t; q=0.5 ,\tfr ; Q=0.6", want: "fr"},

		{name: "any", header: "*", want: "en"},
		{name: "any after one that there is not", header: "it, *;q=0.5", want: "en"},
		{name: "any but one", header: "en;q=0, *", want: "de"},
		{name: "one and no other", header: "ja, *;q=0", want: "ja"},
		{name: "none but what there is not", header: "it, *;q=0", want: "en"},
		{name: "not the default", header: "en;q=0", want: "de"},
		{name: "not the default, in a region", header: "en-GB;q=0, en", want: "en"},
		{name: "not a language, but a region of it", header: "pt;q=0, pt-BR", want: "pt-BR"},
		{name: "not a language", header: "pt;q=0, pt-PT;q=0.5, fr;q=0.1", want: "fr"},
		{name: "a weight of 0.000", header: "de;q=0.000, fr;q=0.001", want: "fr"},

		{name: "zh", header: "zh", want: "zh-Hans"},
		{name: "zh-CN", header: "zh-CN,zh;q=0.9,en;q=0.8", want: "zh-Hans"},
		{name: "zh-SG", header: "zh-SG", want: "zh-Hans"},
		{name: "zh-Hans-CN", header: "zh-Hans-CN", want: "zh-Hans"},
		{name: "zh-Hans-HK", header: "zh-Hans-HK", want: "zh-Hans"},
		{name: "zh-TW is another script", header: "zh-TW, ja;q=0.5", want: "ja"},
		{name: "zh-TW, and zh as browsers add it", header: "zh-TW,zh;q=0.9,en;q=0.8", want: "zh-Hans"},
		{name: "zh-Hant is another script", header: "zh-Hant-HK", want: "en"},
		{name: "zh-Hant before zh", header: "zh-TW", offer: []string{"en", "zh", "zh-Hant"}, want: "zh-Hant"},
		{name: "zh for want of zh-Hant", header: "zh-TW", offer: []string{"en", "zh"}, want: "zh"},
		{name: "zh is not zh-Hant", header: "zh", offer: []string{"en", "zh-Hant"}, want: "en"},
		{name: "cmn", header: "cmn-Hans", want: "zh-Hans"},
		{name: "sr is Cyrillic", header: "sr-Latn, de", offer: []string{"en", "de", "sr"}, want: "sr"},
		{name: "sr-Latn first", header: "sr-Latn", offer: []string{"sr", "sr-Latn"}, want: "sr-Latn"},

		{name: "pt", header: "pt", want: "pt-BR"},
		{name: "pt-PT", header: "pt-PT", want: "pt-BR"},
		{name: "pt and pt-BR are there", header: "pt-PT", offer: []string{"en", "pt-BR", "pt"}, want: "pt"},
		{name: "pt-BR of both", header: "pt-BR", offer: []string{"en", "pt", "pt-BR"}, want: "pt-BR"},
		{name: "another spelling", header: "de-CH-1996", want: "de"},
		{name: "an extension", header: "de-u-co-phonebk", want: "de"},
		{name: "a private subtag", header: "fr-x-klingon", want: "fr"},
		{name: "what Java called Hebrew", header: "iw-IL", offer: []string{"en", "he"}, want: "he"},
		{name: "Norwegian", header: "no", offer: []string{"en", "nb"}, want: "nb"},

		{name: "garbage", header: "!!, ;q=1, de;q=, fr;q=2, ja;q=0.1234, es;q=-1, ,,", want: "en"},
		{name: "garbage beside a language", header: "de;foo=1, \x00, fr", want: "fr"},
		{name: "too long to be a tag", header: strings.Repeat("a", 40) + ", de", want: "de"},
		{name: "subtags too long", header: "de-abcdefghi, fr", want: "fr"},
		{name: "a long header", header: strings.Repeat("xx, ", 100_000) + "de", want: "en"},
		{name: "one long item", header: strings.Repeat("x", 1<<20), want: "en"},
		{name: "one language for everybody", header: "de", offer: []string{"fr"}, want: "fr"},
		{name: "one language, refused", header: "fr;q=0", offer: []string{"fr"}, want: "fr"},
		{name: "the first is the default", header: "it", offer: []string{"ja", "en"}, want: "ja"},
		{name: "all refused", header: "*;q=0", offer: []string{"ja", "en"}, want: "ja"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.offer == nil {
				c.offer = builtIn
			}
			var header []string
			if c.header != "" {
				header = []string{c.header}
			}
			if got := newSet(t, c.offer...).Match(header...).Tag(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A header field may be sent in several lines (RFC 9110 § 5.3).
func TestMatchReadsAllLines(t *testing.T) {
	t.Parallel()
	if got := newSet(t, builtIn...).Match("it;q=0.9", "ja;q=0.8").Tag(); got != "ja" {
		t.Errorf("got %s", got)
	}
}

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "*;q=0", "zh-Hant-TW", "de-u-co-phonebk-x-y", "a;q=0.", ";;;,,,=",
		"de-x", "de-1996-u-a-b", "i-default", "x-private", "sr-Latn-ME;q=1.000",
	} {
		f.Add(seed)
	}
	set := newSet(f, append(slices.Clone(builtIn), "ar", "zh-Hant", "sr-Latn")...)
	f.Fuzz(func(t *testing.T, header string) {
		got := set.Match(header)
		if !slices.Contains(set.All(), got) {
			t.Fatalf("%q: a language that the site does not offer", header)
		}
		if again := set.Match("," + header + " ,"); again != got {
			t.Fatalf("%q: empty items change %s to %s", header, got, again)
		}
		if again := set.Match(strings.ToUpper(header)); asciiOnly(header) && again != got {
			t.Fatalf("%q: upper case changes %s to %s", header, got, again)
		}
	})
}

func asciiOnly(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }

// A visitor may send any number of items, also such as are no language ranges. Only the first ones
// are read.
func TestMatchReadsTheFirstItems(t *testing.T) {
	set, err := language.Config{}.Set()
	if err != nil {
		t.Fatal(err)
	}
	for before, want := range map[int]string{0: "de", 31: "de", 32: "en", 1 << 18: "en"} {
		for junk, header := range map[string][]string{
			"in one value":  {strings.Repeat(",", before) + "de"},
			"in two values": {strings.Repeat(",", max(before-1, 0)), "de"},
			"with weights":  {strings.Repeat(";q=0.123,", before) + "de"},
		} {
			if before == 0 && junk == "in two values" {
				continue
			}
			if got := set.Match(header...).Tag(); got != want {
				t.Errorf("%d items before, %s: got %s, want %s", before, junk, got, want)
			}
		}
	}
}
