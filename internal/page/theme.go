package page

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Theme adapts the pages to the site. The zero value is a quiet blue that follows the visitor's
// choice of light or dark.
type Theme struct {
	ColorScheme string // "auto", "light" or "dark"; defaults to auto, which follows the visitor's system
	Logo        string // shown above the heading: a path on this site, an http(s) URL, or a data URL of a base64 image
	// background of buttons as #rrggbb; links and focus rings take a shade of it that can be read
	// on the page
	BrandColor string
	ButtonText string // text on BrandColor as #rrggbb; defaults to white or black, whichever can be read
}

// check reports the theme's faults, and the CSP source that the logo comes from.
func (t Theme) check() (logo string, err error) {
	logo, logoErr := imageSource(t.Logo)
	return logo, errors.Join(t.checkScheme(), logoErr, t.checkColors())
}

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
	// hostSource admits only hosts that cannot end the directive or begin another; net/url is more
	// liberal.
	hostSource = regexp.MustCompile(`^([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?$`)
)

// imageSource is the CSP source expression (CSP3 § 2.3.1) that admits one image and as little else
// as can be said.
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
