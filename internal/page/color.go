package page

import (
	"fmt"
	"math"
	"strconv"
)

// color is an opaque sRGB color.
type color struct{ r, g, b uint8 }

var (
	white = color{255, 255, 255}
	black = color{}
)

// parseColor returns the color that is written as #rrggbb, and false for any other text.
func parseColor(s string) (color, bool) {
	if len(s) != 7 || s[0] != '#' {
		return color{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return color{}, false
	}
	return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

// String returns #rrggbb.
func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// luminance returns the relative luminance of WCAG 2.2.
func (c color) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// The contrast ratios that WCAG 2.2 requires for level AA.
const (
	textContrast  = 4.5 // success criterion 1.4.3
	shapeContrast = 3   // success criterion 1.4.11
)

// contrast returns the contrast ratio of WCAG 2.2: from 1 for equal colors to 21 for black on
// white.
func contrast(a, b color) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// textOn returns the color of text on a background: white if it is readable, otherwise the text
// color of light pages if that is readable, otherwise black. White and black cannot both be
// unreadable: the product of their contrasts is 21.
func textOn(background color) color {
	for _, c := range []color{white, light.text} {
		if contrast(c, background) >= textContrast {
			return c
		}
	}
	return black
}

// visibleOn mixes a color with another, in steps of a twentieth, until it has the wanted contrast
// with a background.
func visibleOn(background, c, toward color, want float64) color {
	for step := range 20 {
		if m := mix(c, toward, float64(step)/20); contrast(m, background) >= want {
			return m
		}
	}
	return toward
}

// mix returns a color between a and b, with this share of b.
func mix(a, b color, share float64) color {
	part := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*share)) }
	return color{part(a.r, b.r), part(a.g, b.g), part(a.b, b.b)}
}
