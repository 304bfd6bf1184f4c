package page

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/language"
)

// newPages returns pages in the built-in languages.
func newPages(t *testing.T, theme Theme, providers []Provider) (*Pages, error) {
	t.Helper()
	set, err := language.Config{}.Set()
	if err != nil {
		t.Fatal(err)
	}
	return New(theme, func(*language.Texts) []Provider { return providers }, set, false)
}

func TestNewNamesTheFaultyField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		theme     Theme
		providers []Provider
		want      string
	}{
		"unknown scheme":    {theme: Theme{ColorScheme: "sepia"}, want: "Theme.ColorScheme"},
		"color by name":     {theme: Theme{BrandColor: "red"}, want: "Theme.BrandColor"},
		"color with CSS":    {theme: Theme{BrandColor: "#fff;}</style>"}, want: "Theme.BrandColor"},
		"color with a sign": {theme: Theme{BrandColor: "#+12345"}, want: "Theme.BrandColor"},
		"short color":       {theme: Theme{ButtonText: "#fff"}, want: "Theme.ButtonText"},
		"text with little contrast": {
			theme: Theme{BrandColor: "#ffff00", ButtonText: "#ffffff"}, want: "Theme.ButtonText",
		},
		"logo that runs":           {theme: Theme{Logo: "javascript:alert(1)"}, want: "Theme.Logo"},
		"logo that is a page":      {theme: Theme{Logo: "data:text/html,<script>"}, want: "Theme.Logo"},
		"logo beside this page":    {theme: Theme{Logo: "logo.svg"}, want: "Theme.Logo"},
		"logo of another host":     {theme: Theme{Logo: "//cdn.example.com/logo.svg"}, want: "Theme.Logo"},
		"logo with a backslash":    {theme: Theme{Logo: `/\cdn.example.com/logo.svg`}, want: "Theme.Logo"},
		"logo with a user":         {theme: Theme{Logo: "https://me@cdn.example.com/logo.svg"}, want: "Theme.Logo"},
		"logo with a directive":    {theme: Theme{Logo: "https://a;script-src/logo.svg"}, want: "Theme.Logo"},
		"logo with another source": {theme: Theme{Logo: "https://a,*/logo.svg"}, want: "Theme.Logo"},
		"provider's color": {
			providers: []Provider{{ID: "acme", BrandColor: "blue"}}, want: `provider "acme": Style.BrandColor`,
		},
		"provider's logo is HTML": {
			providers: []Provider{{ID: "acme", Logo: `M0"/><script>`}}, want: `provider "acme": Style.Logo`,
		},
		"provider's logo is SVG": {
			providers: []Provider{{ID: "acme", Logo: "<svg></svg>"}}, want: `provider "acme": Style.Logo`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newPages(t, c.theme, c.providers)
			if err == nil || !strings.HasPrefix(err.Error(), c.want+":") {
				t.Errorf("got %v, want a fault of %s", err, c.want)
			}
		})
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := newPages(t, Theme{ColorScheme: "x", Logo: "x", BrandColor: "x", ButtonText: "x"},
		[]Provider{{ID: "a", BrandColor: "x"}, {ID: "b", Logo: "x"}})
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"Theme.ColorScheme", "Theme.Logo", "Theme.BrandColor", "Theme.ButtonText", `"a"`, `"b"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults lack %s:\n%v", want, err)
		}
	}
}

// brands are colors at the limits and in the middle of the range, and those of well-known services.
var brands = []string{
	"#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff", "#767676", "#777777",
	"#808080", "#24292f", "#1a73e8",
	"#5865f2", "#fc6d26", "#1db954", "#ffd43b", "#3b5bdb", "#181b21", "#f3f4f7",
}

func TestEveryTextIsReadable(t *testing.T) {
	t.Parallel()
	for _, p := range []palette{light, dark} {
		for _, hex := range brands {
			brand, ok := parseColor(hex)
			if !ok {
				t.Fatal(hex)
			}
			b := button{background: brand, text: textOn(brand)}
			for what, c := range map[string]struct {
				front, back color
				want        float64
			}{
				"text on the card":       {p.text, p.card, textContrast},
				"text on a hovered link": {p.text, p.aroundCard(brand), textContrast},
				"muted text":             {p.muted, p.card, textContrast},
				"alert":                  {p.alertText, p.alert, textContrast},
				"border of a field":      {p.field, p.card, shapeContrast},
				"link and focus ring":    {p.accent(brand), p.card, textContrast},
				"icon":                   {p.accent(brand), p.behindIcon(brand), shapeContrast},
				"text on the button":     {b.text, b.background, textContrast},
				"text when hovered":      {b.text, b.hover(), textContrast},
				"border of the button":   {b.edge(p), p.card, shapeContrast},
			} {
				if got := contrast(c.front, c.back); got < c.want {
					t.Errorf("%s scheme, brand %s: %s: %s on %s has contrast %.2f, want %.1f", p.name, hex, what,
						c.front, c.back, got, c.want)
				}
			}
		}
	}
}

// The ratios are from the examples of the WCAG working group: black on white, and the lightest gray
// that is readable on white.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"#000000", "#ffffff", "21.00"}, {"#ffffff", "#000000", "21.00"}, {"#767676", "#ffffff", "4.54"},
		{"#777777", "#ffffff", "4.48"},
	} {
		a, _ := parseColor(c.a)
		b, _ := parseColor(c.b)
		if got := fmt.Sprintf("%.2f", contrast(a, b)); got != c.want {
			t.Errorf("contrast of %s and %s is %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestColorSchemeForcesLightOrDark(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]struct{ light, dark, query bool }{
		"": {true, true, true}, "auto": {true, true, true}, "light": {light: true}, "dark": {dark: true},
	} {
		css := stylesheet(Theme{ColorScheme: scheme}, nil)
		got := struct{ light, dark, query bool }{
			strings.Contains(css, "color-scheme: light;"), strings.Contains(css, "color-scheme: dark;"),
			strings.Contains(css, "(prefers-color-scheme: dark)"),
		}
		if got != want {
			t.Errorf("scheme %q: got %+v, want %+v", scheme, got, want)
		}
	}
}
