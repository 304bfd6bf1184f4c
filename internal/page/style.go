package page

import (
	_ "embed"
	"fmt"
	"strings"
)

// palette has the colors of one color scheme that do not depend on the brand's color.
type palette struct {
	name                          string
	page, card, text, muted, line color
	field                         color // borders of controls, which visitors must be able to see
	alert, alertText, alertLine   color
	contrasting                   color // is mixed into the brand's color until that is visible on the card
}

var (
	light = palette{
		name: "light", page: color{0xf3, 0xf4, 0xf7}, card: white, text: color{0x17, 0x1a, 0x21},
		muted: color{0x5b, 0x62, 0x71},
		line:  color{0xe1, 0xe4, 0xea}, field: color{0x85, 0x8c, 0x9b},
		alert: color{0xfd, 0xf0, 0xee}, alertText: color{0x8a, 0x1f, 0x17}, alertLine: color{0xec, 0xbf, 0xba},
		contrasting: black,
	}
	dark = palette{
		name: "dark", page: color{0x0e, 0x10, 0x14}, card: color{0x18, 0x1b, 0x21}, text: color{0xec, 0xee, 0xf2},
		muted: color{0xa5, 0xab, 0xb8},
		line:  color{0x2c, 0x31, 0x3b}, field: color{0x70, 0x77, 0x86},
		alert: color{0x38, 0x1b, 0x1c}, alertText: color{0xff, 0xb9, 0xb0}, alertLine: color{0x6d, 0x33, 0x31},
		contrasting: white,
	}
	defaultBrand = color{0x3b, 0x5b, 0xdb}
)

// aroundCard returns the color of the page around the card, which has a little of the brand's
// color.
func (p palette) aroundCard(brand color) color { return mix(p.page, brand, 0.04) }

// behindIcon returns the color of the circle behind an icon in the accent color.
func (p palette) behindIcon(brand color) color { return mix(p.card, p.accent(brand), 0.12) }

// accent returns the color of links and focus rings: the brand's color, made visible on the card.
func (p palette) accent(brand color) color {
	return visibleOn(p.card, brand, p.contrasting, textContrast)
}

//go:embed style.css
var staticCSS string

// stylesheet returns the CSS of the pages: the colors as variables, then the static rules that use
// them, then the rules of the buttons.
func stylesheet(t Theme, providers []Provider) string {
	brand, _ := optionalColor("", t.BrandColor, defaultBrand)
	text, _ := optionalColor("", t.ButtonText, textOn(brand))
	buttons := []button{{class: "primary", background: brand, text: text}}
	for i, p := range providers {
		if c, ok := parseColor(p.BrandColor); ok {
			buttons = append(buttons, button{class: providerClass(i), background: c, text: textOn(c)})
		}
	}

	var css strings.Builder
	first := light
	if t.ColorScheme == "dark" {
		first = dark
	}
	css.WriteString("\n" + first.rules(brand, buttons))
	if t.ColorScheme == "" || t.ColorScheme == "auto" {
		css.WriteString("@media (prefers-color-scheme: dark) {\n" + dark.rules(brand, buttons) + "}\n")
	}
	css.WriteString(staticCSS)
	for _, b := range buttons {
		css.WriteString(b.rules())
	}
	return css.String()
}

// rules returns the CSS that defines the colors as variables.
func (p palette) rules(brand color, buttons []button) string {
	var css strings.Builder
	fmt.Fprintf(&css, ":root { color-scheme: %s; --page: %s; --tint: %s; --card: %s; --text: %s; --muted: %s; "+
		"--line: %s; --field: %s;",
		p.name, p.aroundCard(brand), p.behindIcon(brand), p.card, p.text, p.muted, p.line, p.field)
	fmt.Fprintf(&css, " --alert: %s; --alert-text: %s; --alert-line: %s; --accent: %s;",
		p.alert, p.alertText, p.alertLine, p.accent(brand))
	for _, b := range buttons {
		fmt.Fprintf(&css, " --%s-edge: %s;", b.class, b.edge(p))
	}
	css.WriteString(" }\n")
	return css.String()
}

// button is a button with its own color.
type button struct {
	class            string
	background, text color
}

// edge returns the color of the border: that of the background if it is visible on the card,
// otherwise one that is.
func (b button) edge(p palette) color { return visibleOn(p.card, b.background, b.text, shapeContrast) }

// hover returns the background while the pointer is over the button: nearer to the color of the
// text if that stays readable, otherwise farther from it.
func (b button) hover() color {
	if c := mix(b.background, b.text, 0.08); contrast(c, b.text) >= textContrast {
		return c
	}
	away := black
	if b.text.luminance() < b.background.luminance() {
		away = white
	}
	return mix(b.background, away, 0.12)
}

// rules returns the CSS of the button.
func (b button) rules() string {
	return fmt.Sprintf(".%[1]s { background: %[2]s; color: %[3]s; border-color: var(--%[1]s-edge); }\n.%[1]s:hover "+
		"{ background: %[4]s; }\n",
		b.class, b.background, b.text, b.hover())
}
