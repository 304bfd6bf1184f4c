package page

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Theme is how the pages look. The zero value has blue buttons, in light or dark pages as the
// visitor's system prefers.
type Theme struct {
	// Name is what the pages call the site, on one line of at most 60 characters. Defaults to the
	// host, as the address bar shows it.
	Name string

	// ColorScheme is "auto", "light" or "dark". Defaults to auto, which follows the visitor's
	// system.
	ColorScheme string

	// Logo is the image above the heading: a path on this site, an http or https URL, or a data URL
	// of a base64 image. Defaults to none.
	Logo string

	// BrandColor is the background of the main buttons, as #rrggbb. Links and focus rings have the
	// same color, made lighter or darker until it is readable on the page. Defaults to a blue.
	BrandColor string

	// ButtonText is the color of the text on BrandColor, as #rrggbb. Defaults to white, or to a
	// dark color if white is not readable on BrandColor.
	ButtonText string
}

// ButtonColors returns the colors of the main button as #rrggbb, for a mail that looks like the
// pages: the configured colors, or the defaults. For a color that [New] would refuse it returns the
// default.
func (t Theme) ButtonColors() (background, text string) {
	brand, _ := optionalColor("", t.BrandColor, defaultBrand)
	buttonText, _ := optionalColor("", t.ButtonText, textOn(brand))
	return brand.String(), buttonText.String()
}

// check returns the faults of the theme, and the CSP source of the logo.
func (t Theme) check() (logo string, err error) {
	logo, logoErr := imageSource(t.Logo)
	return logo, errors.Join(t.checkName(), t.checkScheme(), logoErr, t.checkColors())
}

const maxName = 60 // characters

func (t Theme) checkName() error {
	if utf8.RuneCountInString(t.Name) > maxName || strings.ContainsFunc(t.Name, isUnprintable) {
		return fmt.Errorf("Theme.Name: want one line of at most %d characters, have %q", maxName, t.Name)
	}
	return nil
}

func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }

func (t Theme) checkScheme() error {
	switch t.ColorScheme {
	case "", "auto", "light", "dark":
		return nil
	}
	return fmt.Errorf("Theme.ColorScheme: want auto, light or dark, have %q", t.ColorScheme)
}

func (t Theme) checkColors() error {
	brand, brandErr := optionalColor("Theme.BrandColor", t.BrandColor, defaultBrand)
	text, textErr := optionalColor("Theme.ButtonText", t.ButtonText, textOn(brand))
	if err := errors.Join(brandErr, textErr); err != nil {
		return err
	}
	if c := contrast(text, brand); c < textContrast {
		return fmt.Errorf("Theme.ButtonText: %s on %s has a contrast of %.1f, too little to read; want %.1f, or "+
			"leave it empty",
			text, brand, c, textContrast)
	}
	return nil
}

// optionalColor returns the color of a field, or the fallback if the field is empty or faulty.
func optionalColor(field, value string, fallback color) (color, error) {
	if value == "" {
		return fallback, nil
	}
	c, ok := parseColor(value)
	if !ok {
		return fallback, fmt.Errorf("%s: want #rrggbb, have %q", field, value)
	}
	return c, nil
}

var (
	dataImage = regexp.MustCompile(`^data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*$`)
	// hostSource matches only hosts that cannot end the directive or begin another one. net/url
	// accepts such hosts.
	hostSource = regexp.MustCompile(`^([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?$`)
)

// imageSource returns a CSP source expression (CSP3 § 2.3.1) that allows an image and as little
// else as possible.
func imageSource(image string) (string, error) {
	if image == "" {
		return "", nil
	}
	if dataImage.MatchString(image) {
		return "data:", nil
	}
	u, err := url.Parse(image)
	switch {
	case err != nil || strings.Contains(image, `\`):
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "'self'", nil
	case (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && hostSource.MatchString(u.Host):
		return u.Scheme + "://" + u.Host, nil
	}
	return "", errors.New("Theme.Logo: want a path that begins with /, an http(s) URL, or data:image/…;base64,…")
}
