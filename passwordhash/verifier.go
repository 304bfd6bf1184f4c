package passwordhash

// Verifier checks passwords against the hashes of one other system. It is safe for concurrent use.
type Verifier interface {
	// Parse reads a stored hash, of at most 1024 bytes. It returns nil without an error for a hash
	// of another kind. It returns an error for a hash of this kind that is malformed, or that would
	// cost too much. It computes nothing; the error has nothing of the hash.
	Parse(hash string) (*Check, error)
}

// Check is a stored hash that was read.
type Check struct {
	// Memory is about how many bytes Matches needs. 0 means very few.
	Memory int

	// Matches computes the hash of a password and reports whether it is the stored one, in a time
	// that does not depend on where they differ. The password is valid UTF-8 without NUL, and has
	// at most [MaxBytes] bytes. It is as it was typed; if that does not match, it is tried in
	// Unicode's normalization form C.
	Matches func(password string) bool
}

// What a stored hash may cost, and how long it may be.
const (
	maxHash   = 1024      // bytes of the text of a hash
	maxMemory = 256 << 20 // bytes
	minKey    = 16        // bytes of a key; a shorter one is met by chance
	maxKey    = 128       // bytes of a key
	maxSalt   = 128       // bytes of a salt
)
