package feature

// Sealer encrypts texts that a feature keeps in the store; see cardea.Host.Sealer. It is safe for
// concurrent use.
type Sealer interface {
	// Seal returns text, encrypted with Config.Secret: letters and digits, about twice as many as
	// text has bytes and 100 more. The same text has another result each time. Text is UTF-8;
	// otherwise it is an error.
	Seal(text string) (string, error)

	// Open returns the text that Seal has encrypted. The error says that it was sealed with a
	// secret that is neither Config.Secret nor one of Config.PreviousSecrets, by another feature or
	// about something else, or that it was changed. It contains nothing of it.
	Open(sealed string) (text string, err error)

	// Stale reports whether a text that Open returns was sealed with one of Config.PreviousSecrets.
	// Seal it again when it is used, so that it can be opened after that secret is gone.
	Stale(sealed string) bool
}
