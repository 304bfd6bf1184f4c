package oauth

// Profile is a person as a provider describes them, mapped to what sign-in uses. Values that cannot
// be stored are dropped or cut before sign-in sees them, except the ID, whose faults fail the
// sign-in.
type Profile struct {
	// ID is the provider's own immutable identifier of the person, 255 bytes at most. Never use a
	// user name or an address, which can change hands.
	ID string

	// Name is the name to show. "" if there is none. Longer names are cut at 255 characters.
	Name string

	// Email is the person's e-mail address. "" if there is none; what cannot be an address becomes
	// "".
	Email string

	// EmailVerified says that the provider has verified that Email belongs to the person.
	EmailVerified bool

	// Image is the http or https URL of a picture. "" if there is none.
	Image string

	// Raw is everything that the provider sent, without the tokens. Sign-in sets it.
	Raw Claims
}
