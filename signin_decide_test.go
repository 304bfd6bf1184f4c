package cardea

import "testing"

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		facts
		want decision
	}{
		{"a new person becomes a user", facts{}, decisionCreate},
		{
			"a new person with a verified e-mail that no user has becomes a user",
			facts{emailVerified: true, linkByEmail: true}, decisionCreate,
		},
		{"the account's owner signs in", facts{owner: "ann"}, decisionSignIn},
		{
			"the account's owner signs in again while signed in",
			facts{owner: "ann", current: "ann"}, decisionSignIn,
		},
		{
			"the account's owner signs in although another user has the e-mail now",
			facts{owner: "ann", sameEmail: "bob"}, decisionSignIn,
		},
		{
			"the account's owner signs in although another user has the verified e-mail and linking is on",
			facts{owner: "ann", sameEmail: "bob", emailVerified: true, sameEmailVerified: true, linkByEmail: true},
			decisionSignIn,
		},
		{
			"another user's account is refused while signed in",
			facts{owner: "ann", current: "bob"}, decisionRefuse,
		},
		{
			"another user's account is refused while signed in, even with the same verified e-mail",
			facts{
				owner: "ann", current: "bob", sameEmail: "bob", emailVerified: true, sameEmailVerified: true,
				linkByEmail: true,
			},
			decisionRefuse,
		},
		{"the account of a deleted user signs nobody in", facts{owner: "ann", ownerDeleted: true}, decisionDeleted},
		{
			"nor does it while signed in as somebody else", facts{owner: "ann", ownerDeleted: true, current: "bob"},
			decisionDeleted,
		},
		{
			"the e-mail of a deleted user belongs to nobody else",
			facts{
				sameEmail: "ann", sameEmailDeleted: true, emailVerified: true, sameEmailVerified: true,
				linkByEmail: true,
			},
			decisionDeleted,
		},
		{
			"whether the provider is trusted or not", facts{sameEmail: "ann", sameEmailDeleted: true}, decisionDeleted,
		},
		{
			"the signed-in user may link an account with a deleted user's e-mail",
			facts{current: "bob", sameEmail: "ann", sameEmailDeleted: true}, decisionLinkCurrent,
		},
		{"a new account is linked to the signed-in user", facts{current: "ann"}, decisionLinkCurrent},
		{
			"a new account with the signed-in user's e-mail is linked to that user",
			facts{current: "ann", sameEmail: "ann"}, decisionLinkCurrent,
		},
		{
			"a new account with another user's e-mail is linked to the signed-in user: the e-mail proves nothing",
			facts{current: "ann", sameEmail: "bob"}, decisionLinkCurrent,
		},
		{"a known e-mail is refused by default", facts{sameEmail: "ann"}, decisionRefuse},
		{
			"a known e-mail that is verified on both sides is refused by default",
			facts{sameEmail: "ann", emailVerified: true, sameEmailVerified: true}, decisionRefuse,
		},
		{
			"linking by e-mail needs an e-mail that the provider verified",
			facts{sameEmail: "ann", sameEmailVerified: true, linkByEmail: true}, decisionRefuse,
		},
		{
			"linking by e-mail needs a user whose e-mail is verified: somebody else may have registered it, and " +
				"loses it",
			facts{sameEmail: "ann", emailVerified: true, linkByEmail: true}, decisionTakeAddress,
		},
		{
			"a user as whom nobody can sign in without the e-mail belongs to the person who has proven it",
			facts{sameEmail: "ann", sameEmailUnused: true, emailVerified: true, linkByEmail: true}, decisionLinkByEmail,
		},
		{
			"such a user belongs to nobody who has not proven the e-mail",
			facts{sameEmail: "ann", sameEmailUnused: true, emailVerified: true}, decisionRefuse,
		},
		{
			"linking by e-mail needs an e-mail that is verified on any side",
			facts{sameEmail: "ann", linkByEmail: true}, decisionRefuse,
		},
		{
			"linking by e-mail, verified on both sides and switched on",
			facts{sameEmail: "ann", emailVerified: true, sameEmailVerified: true, linkByEmail: true},
			decisionLinkByEmail,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(tc.facts); got != tc.want {
				t.Errorf("decide(%+v) = %v, want %v", tc.facts, got, tc.want)
			}
		})
	}
}

// For all facts: an account never changes its owner, and an unverified e-mail never signs in as an
// existing user.
func TestDecideIsSafeForAllFacts(t *testing.T) {
	t.Parallel()
	users := []string{"", "ann", "bob"}
	bools := []bool{false, true}
	for _, owner := range users {
		for _, current := range users {
			for _, sameEmail := range users {
				for _, ev := range bools {
					for _, ov := range bools {
						for _, link := range bools {
							f := facts{
								owner: owner, current: current, sameEmail: sameEmail, emailVerified: ev,
								sameEmailVerified: ov, linkByEmail: link,
							}
							got := decide(f)
							if owner != "" && got != decisionSignIn && got != decisionRefuse {
								t.Errorf("%+v: the account has an owner, got %v", f, got)
							}
							if got == decisionSignIn && (owner == "" || (current != "" && current != owner)) {
								t.Errorf("%+v: signs in as another user", f)
							}
							if got == decisionLinkByEmail && !(ev && ov && link && current == "") {
								t.Errorf("%+v: links by an e-mail that is not verified on both sides", f)
							}
							if got == decisionTakeAddress && !(ev && !ov && link && current == "" && sameEmail != "") {
								t.Errorf("%+v: takes an address that is proven, or without proving it", f)
							}
							if got == decisionCreate && sameEmail != "" {
								t.Errorf("%+v: creates a second user with the same e-mail", f)
							}
						}
					}
				}
			}
		}
	}
}
