package cardea

import "testing"

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		facts
		want decision
	}{
		{"a stranger becomes a user", facts{}, decisionCreate},
		{"a stranger with a verified e-mail that nobody has becomes a user",
			facts{emailVerified: true, linkByEmail: true}, decisionCreate},
		{"the account's owner signs in", facts{owner: "ann"}, decisionSignIn},
		{"the account's owner signs in again while signed in", facts{owner: "ann", current: "ann"}, decisionSignIn},
		{"the account's owner signs in though another user has the e-mail now", facts{owner: "ann", sameEmail: "bob"},
			decisionSignIn},
		{"the account's owner signs in though another user has the verified e-mail and linking is on",
			facts{owner: "ann", sameEmail: "bob", emailVerified: true, sameEmailVerified: true, linkByEmail: true},
			decisionSignIn},
		{"another user's account cannot be taken while signed in", facts{owner: "ann", current: "bob"}, decisionRefuse},
		{"nor when the e-mail is the same and verified",
			facts{owner: "ann", current: "bob", sameEmail: "bob", emailVerified: true, sameEmailVerified: true,
				linkByEmail: true}, decisionRefuse},
		{"a new account is added to who is signed in", facts{current: "ann"}, decisionLinkCurrent},
		{"also when the e-mail is that of the same user", facts{current: "ann", sameEmail: "ann"}, decisionLinkCurrent},
		{"also when the e-mail is another user's: it proves nothing", facts{current: "ann", sameEmail: "bob"},
			decisionLinkCurrent},
		{"a known e-mail is refused by default", facts{sameEmail: "ann"}, decisionRefuse},
		{"a known e-mail that both sides verified is refused by default",
			facts{sameEmail: "ann", emailVerified: true, sameEmailVerified: true}, decisionRefuse},
		{"linking needs the provider's word", facts{sameEmail: "ann", sameEmailVerified: true, linkByEmail: true},
			decisionRefuse},
		{"linking needs the row's word: an address registered first by somebody else",
			facts{sameEmail: "ann", emailVerified: true, linkByEmail: true}, decisionRefuse},
		{"linking needs both words", facts{sameEmail: "ann", linkByEmail: true}, decisionRefuse},
		{"linking with both words and the switch on",
			facts{sameEmail: "ann", emailVerified: true, sameEmailVerified: true, linkByEmail: true},
			decisionLinkByEmail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(tc.facts); got != tc.want {
				t.Errorf("decide(%+v) = %v, want %v", tc.facts, got, tc.want)
			}
		})
	}
}

// Whatever the facts, an account never changes its owner, and an unverified e-mail never leads to a
// user.
func TestDecideNeverGivesAway(t *testing.T) {
	t.Parallel()
	users := []string{"", "ann", "bob"}
	bools := []bool{false, true}
	for _, owner := range users {
		for _, current := range users {
			for _, sameEmail := range users {
				for _, ev := range bools {
					for _, ov := range bools {
						for _, link := range bools {
							f := facts{owner, current, sameEmail, ev, ov, link}
							got := decide(f)
							if owner != "" && got != decisionSignIn && got != decisionRefuse {
								t.Errorf("%+v: an account that has an owner: %v", f, got)
							}
							if got == decisionSignIn && (owner == "" || (current != "" && current != owner)) {
								t.Errorf("%+v: signs in as somebody else", f)
							}
							if got == decisionLinkByEmail && !(ev && ov && link && current == "") {
								t.Errorf("%+v: linked by an e-mail that is not proven", f)
							}
							if got == decisionCreate && sameEmail != "" {
								t.Errorf("%+v: a second user with one e-mail", f)
							}
						}
					}
				}
			}
		}
	}
}
