package oauth

// Profile is a person as a provider describes them, mapped to what sign-in uses. A value that
// cannot be stored is dropped or cut before sign-in uses it. A wrong ID fails the sign-in.
type Profile struct {
	// ID is the provider's own immutable identifier of the person, 255 bytes at most. Never use a
	// user name or an address, which can change hands.
	ID string

	// Name is the name to show. "" if there is none. Longer names are cut at 255 characters.
	Name string

	// Email is the person's e-mail address. "" if there is none. A text that cannot be an address
	// is dropped.
	Email string

	// EmailVerified says that the provider has verified that Email belongs to the person. It is the
	// provider's word, and a proof only if Provider.LinkByVerifiedEmail is set. Defaults to false.
	EmailVerified bool

	// Image is the http or https URL of a picture, 2048 bytes at most. "" if there is none. Any
	// other text is dropped.
	Image string

	// Raw is everything that the provider sent, without the tokens. Sign-in sets it.
	Raw Claims
}
