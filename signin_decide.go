package cardea

// facts is everything that the decision about an identity depends on. Users are given by their ids,
// "" if there is none.
type facts struct {
	owner             string // the user to whom the account is linked
	current           string // the user who is signed in now, and was when the flow began
	sameEmail         string // the user with the profile's e-mail address
	emailVerified     bool   // the provider says that it has verified the address
	sameEmailVerified bool   // the row of sameEmail says that the address was verified
	linkByEmail       bool   // the provider is trusted to link by verified e-mail
}

// factsOf collects the facts. The signed-in user counts only if the same user was signed in when
// the flow began. Otherwise an account could be linked to a user who has signed in since.
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
	decisionSignIn                      // the owner of the account signs in
	decisionLinkCurrent                 // the account is linked to the signed-in user
	decisionLinkByEmail                 // the account is linked to the user with the same verified address
	decisionCreate                      // a new user gets this account
)

// decide decides about an identity that a provider has proven. If the account is known, its key
// alone says who signs in. A new account is linked by e-mail address only if both sides have
// verified the address. Otherwise somebody who has registered a stranger's address, here or at a
// provider, could share the stranger's user.
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
