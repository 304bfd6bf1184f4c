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
	sameEmailUnused   bool   // nobody can sign in as sameEmail without the address
	ownerDeleted      bool   // owner is deleted, and the row is kept
	sameEmailDeleted  bool   // sameEmail is deleted, and the row is kept
}

// emailProven reports whether the person has proven the profile's e-mail address: the provider has
// verified it, and the application trusts the provider with that.
func (f facts) emailProven() bool { return f.linkByEmail && f.emailVerified }

// refusal says for the log why the decision is decisionRefuse, and which setting could change that.
func (f facts) refusal() string {
	switch {
	case f.owner != "":
		return "the account belongs to another user than the one who is signed in"
	case !f.linkByEmail:
		return "a user has the e-mail address already, and the sign-in does not prove it: set LinkByVerifiedEmail " +
			"of the provider if you trust it with addresses"
	}
	return "a user has the e-mail address already, and the provider does not say that it has verified it"
}

// linksWithoutSession reports whether the account would be linked to the signed-in user also if
// nobody were signed in.
func (f facts) linksWithoutSession() bool {
	current := f.current
	f.current = ""
	return f.sameEmail == current && decide(f) == decisionLinkByEmail
}

// factsOf collects the facts. The signed-in user counts only if the same user was signed in when
// the flow began. Otherwise an account could be linked to a user who has signed in since.
func factsOf(id *identity, current *User, owner, sameEmail candidate) facts {
	f := facts{
		owner: idOf(owner.user), sameEmail: idOf(sameEmail.user),
		ownerDeleted: owner.deleted, sameEmailDeleted: sameEmail.deleted,
		linkByEmail: id.linkByEmail, emailVerified: id.profile.EmailVerified,
		sameEmailVerified: sameEmail.user != nil && !sameEmail.user.EmailVerified.IsZero(),
	}
	if idOf(current) == id.startedBy {
		f.current = id.startedBy
	}
	return f
}

// decision is what to do with a proven identity.
type decision int

const (
	decisionRefuse      decision = iota // another user has the account or the e-mail address
	decisionSignIn                      // the owner of the account signs in
	decisionLinkCurrent                 // the account is linked to the signed-in user
	decisionLinkByEmail                 // the account is linked to the user with the same proven address
	decisionCreate                      // a new user gets this account
	decisionTakeAddress                 // a new user gets this account, and the address of sameEmail
	decisionAdopt                       // the owner of an address becomes the user who has it; see EmailProvider.Adopt
	decisionDeleted                     // the person was a user who is deleted; see Callbacks.DeletedUser
)

// decide decides about an identity that a provider has proven. If the account is known, its key
// alone says who signs in.
//
// A new account is linked by e-mail address only if the person has proven the address, and the user
// who has it has proven it too, or has no other way to sign in. Otherwise somebody who has
// registered a stranger's address, here or at a provider, could share the stranger's user. A user
// who never proved the address loses it to the person who has, as in a sign-in by mail: it must not
// keep that person out.
func decide(f facts) decision {
	switch {
	case f.ownerDeleted:
		return decisionDeleted
	case f.owner != "" && f.current != "" && f.owner != f.current:
		return decisionRefuse
	case f.owner != "":
		return decisionSignIn
	case f.current != "":
		return decisionLinkCurrent
	case f.sameEmail == "":
		return decisionCreate
	case f.sameEmailDeleted:
		return decisionDeleted
	case !f.emailProven():
		return decisionRefuse
	case f.sameEmailVerified || f.sameEmailUnused:
		return decisionLinkByEmail
	}
	return decisionTakeAddress
}
