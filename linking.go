package cardea

// facts is all that the decision about a verified identity may depend on. Users are given by id, ""
// for none.
type facts struct {
	owner         string // to whom the account is linked already
	current       string // who is signed in, and was when this attempt began
	sameEmail     string // who has the profile's e-mail
	emailVerified bool   // the provider says that it verified the e-mail
	ownerVerified bool   // the row of sameEmail says that its e-mail was verified
	linkByEmail   bool   // the provider is trusted to link by verified e-mail
}

type decision int

const (
	refuse      decision = iota // another user has the account or the e-mail
	signIn                      // the account's owner signs in
	linkCurrent                 // the account is added to the signed-in user
	linkByEmail                 // the account is added to the user with the same verified e-mail
	create                      // a new user with this account
)

// decide is the sign-in decision for an identity that a provider has proven. The account's key
// alone says who signs in. An e-mail can only ever join a new account to a user when both sides
// have verified it: otherwise someone who registered a stranger's address first, here or at a
// provider, would share the stranger's user.
func decide(f facts) decision {
	switch {
	case f.owner != "" && f.current != "" && f.owner != f.current:
		return refuse
	case f.owner != "":
		return signIn
	case f.current != "":
		return linkCurrent
	case f.sameEmail == "":
		return create
	case f.linkByEmail && f.emailVerified && f.ownerVerified:
		return linkByEmail
	}
	return refuse
}
