package relyingparty_test

import (
	"math/rand/v2"
	"testing"
)

// outcome says which of the two relying parties accepts a scenario.
type outcome string

const (
	bothAccept outcome = "both accept"
	bothRefuse outcome = "both refuse"
	onlyGoOIDC outcome = "only go-oidc accepts"
	onlyCardea outcome = "only Cardea accepts"
)

func outcomeOf(cardea, goOIDC result) outcome {
	switch {
	case cardea.accepted && goOIDC.accepted:
		return bothAccept
	case cardea.accepted:
		return onlyCardea
	case goOIDC.accepted:
		return onlyGoOIDC
	}
	return bothRefuse
}

// TestSignIn sends every case through Cardea and through go-oidc with x/oauth2. If they do not
// agree the case must be in a list of differences, and each case in such a list must differ.
func TestSignIn(t *testing.T) {
	t.Parallel()
	op, site := newOpenIDProvider(t), newSite(t)
	cases, list := testCases(), newDifferences(t)
	counts, seen := map[outcome]int{}, map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Errorf("two cases are named %q", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			s := op.add(c.change)
			cardea := site.signIn(t, s)
			goOIDC := signInWithGoOIDC(t.Context(), s, site.URL+basePath(s)+"/callback/op")
			got := outcomeOf(cardea, goOIDC)
			counts[got]++
			if !list.has(c.name, got) {
				t.Errorf("%s, which is not listed\nCardea:  %s\ngo-oidc: %s", got, cardea, goOIDC)
			}
			for value, both := range cardea.token.beside(goOIDC.token) {
				if got == bothAccept && both[0] != both[1] && !list.has(c.name+": "+value, valueDiffers) {
					t.Errorf("%s is %q for Cardea and %q for go-oidc", value, both[0], both[1])
				}
			}
		})
	}
	if ran := counts[bothAccept] + counts[bothRefuse] + counts[onlyGoOIDC] + counts[onlyCardea]; ran == len(cases) {
		list.checkUsed(t) // only if go test -run has not left out cases
	}
	t.Logf("%d cases: both accept %d, both refuse %d, only go-oidc accepts %d (listed), "+
		"only Cardea accepts %d (listed, %d of them as faults)", len(cases), counts[bothAccept], counts[bothRefuse],
		counts[onlyGoOIDC], counts[onlyCardea], list.faults)
}

// TestSignInWithTwoChanges changes the claims of a sign-in and something else. Cardea accepts none
// of these sign-ins that go-oidc refuses, unless one of the changes alone is in a list for that.
func TestSignInWithTwoChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds, and TestSignIn has made each change alone")
	}
	t.Parallel()
	op, site := newOpenIDProvider(t), newSite(t)
	list, claims, others := newDifferences(t), claimsCases(), otherCases()
	random := rand.New(rand.NewPCG(1, 2)) // a fixed seed: the same pairs each time
	counts := map[outcome]int{}
	for range 1000 {
		one, other := claims[random.IntN(len(claims))], others[random.IntN(len(others))]
		t.Run(one.name+", and "+other.name, func(t *testing.T) {
			s := op.add(func(s *scenario) {
				one.change(s)
				other.change(s)
			})
			cardea := site.signIn(t, s)
			goOIDC := signInWithGoOIDC(t.Context(), s, site.URL+basePath(s)+"/callback/op")
			got := outcomeOf(cardea, goOIDC)
			counts[got]++
			if got == onlyCardea && list.expected[one.name] != onlyCardea && list.expected[other.name] != onlyCardea {
				t.Errorf("%s: %s", got, goOIDC)
			}
		})
	}
	t.Logf("both accept %d, both refuse %d, only go-oidc accepts %d, only Cardea accepts %d", counts[bothAccept],
		counts[bothRefuse], counts[onlyGoOIDC], counts[onlyCardea])
}

// valueDiffers is the outcome for a value that the two read differently in an answer that both
// accept.
const valueDiffers outcome = "both accept, and read different values"

// differences are the cases of all lists.
type differences struct {
	expected map[string]outcome // by the name of the case
	used     map[string]bool    // whether the outcome was the expected one
	faults   int                // cases in knownFaults
}

func newDifferences(t *testing.T) *differences {
	t.Helper()
	list := &differences{expected: map[string]outcome{}, used: map[string]bool{}}
	for _, of := range []struct {
		outcome outcome
		list    []difference
	}{
		{onlyGoOIDC, cardeaRefuses}, {onlyCardea, cardeaAccepts}, {onlyCardea, knownFaults},
		{valueDiffers, valuesDiffer},
	} {
		for _, d := range of.list {
			for _, name := range d.cases {
				if list.expected[name] != "" || d.reason == "" {
					t.Errorf("%q is listed twice, or without a reason", name)
				}
				list.expected[name] = of.outcome
			}
		}
	}
	for _, d := range knownFaults {
		list.faults += len(d.cases)
	}
	return list
}

// has reports whether an outcome is the listed one, or for a case that is not listed agreement.
func (d *differences) has(name string, got outcome) bool {
	if want := d.expected[name]; want != "" {
		d.used[name] = want == got
		return want == got
	}
	return got == bothAccept || got == bothRefuse
}

// checkUsed reports the listed differences that did not occur.
func (d *differences) checkUsed(t *testing.T) {
	t.Helper()
	for name, want := range d.expected {
		if !d.used[name] {
			t.Errorf("%q is listed as %q, and no longer is", name, want)
		}
	}
}
