package page

// Button returns the colors of the main button as #rrggbb, for a mail that should look like the
// pages: the configured ones, or the defaults. A color that [New] would refuse is taken for none.
func (t Theme) ButtonColors() (background, text string) {
	brand, _ := optionalColor("", t.BrandColor, defaultBrand)
	on, _ := optionalColor("", t.ButtonText, textOn(brand))
	return brand.String(), on.String()
}
