package cardea

// facts is everything that the decision about a proven identity depends on. Users are ids, "" for
// nobody.
type facts struct {
	owner             string // who has the account
	current           string // who is signed in, and was when this flow began
	sameEmail         string // who has the profile's e-mail address
	emailVerified     bool   // the provider says that it has verified the address
	sameEmailVerified bool   // the row of sameEmail says that its address was verified
	linkByEmail       bool   // the provider is trusted to link by verified e-mail
}

func factsOf(id identity, owner, sameEmail *User) facts {
	f := facts{linkByEmail: id.linkByEmail, emailVerified: id.profile.EmailVerified}
	if id.current == id.startedBy {
		f.current = id.current
	}
	if owner != nil {
		f.owner = owner.ID
	}
	if sameEmail != nil {
		f.sameEmail, f.sameEmailVerified = sameEmail.ID, !sameEmail.EmailVerified.IsZero()
	}
	return f
}

// decision is what to do with a proven identity.
type decision int

const (
	decisionRefuse      decision = iota // another user has the account or the e-mail address
	decisionSignIn                      // the account's owner signs in
	decisionLinkCurrent                 // the account is linked to the signed-in user
	decisionLinkByEmail                 // the account is linked to the user with the same verified address
	decisionCreate                      // a new user gets this account
)

// decide decides about an identity that a provider has proven. The account's key alone says who
// signs in. An e-mail address links a new account to a user only if both sides have verified it.
// Otherwise somebody who registered a stranger's address first, here or at a provider, would share
// the stranger's user.
func decide(f facts) decision {
	switch {
	case f.owner != "" && f.current != "" && f.owner != f.current:
		return decisionRefuse
	case f.owner != "":
		return decisionSignIn
	case f.current != "":
		return decisionLinkCurrent
	case f.sameEmail == "":
		return decisionCreate
	case f.linkByEmail && f.emailVerified && f.sameEmailVerified:
		return decisionLinkByEmail
	}
	return decisionRefuse
}
