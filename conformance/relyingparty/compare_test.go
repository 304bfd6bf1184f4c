package relyingparty_test

import "testing"

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

// TestSignIn sends every case through Cardea and through go-oidc with x/oauth2. They must agree, or
// the case must be in a list of differences; a difference that is in a list must be there.
func TestSignIn(t *testing.T) {
	t.Parallel()
	op, site := newOpenIDProvider(t), newSite(t)
	cases, list := testCases(), newDifferences(t)
	counts := map[outcome]int{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := op.add(c.change)
			cardea := site.signIn(t, s)
			goOIDC := signInWithGoOIDC(t.Context(), s, site.URL+basePath(s)+"/callback/op")
			got := outcomeOf(cardea, goOIDC)
			counts[got]++
			if !list.has(c.name, got) {
				t.Errorf("%s, which no list has\nCardea:  %s\ngo-oidc: %s", got, cardea, goOIDC)
			}
			for value, both := range cardea.token.beside(goOIDC.token) {
				if got == bothAccept && both[0] != both[1] && !list.has(c.name+": "+value, valueDiffers) {
					t.Errorf("%s is %q for Cardea and %q for go-oidc", value, both[0], both[1])
				}
			}
		})
	}
	if ran := counts[bothAccept] + counts[bothRefuse] + counts[onlyGoOIDC] + counts[onlyCardea]; ran == len(cases) {
		list.checkUsed(t) // not if go test -run has chosen some of the cases
	}
	t.Logf("%d cases: both accept %d, both refuse %d, only go-oidc accepts %d (listed), "+
		"only Cardea accepts %d (listed, %d of them as faults)", len(cases), counts[bothAccept], counts[bothRefuse],
		counts[onlyGoOIDC], counts[onlyCardea], list.faults)
}

// valueDiffers is the outcome for a value of a token that both accept and read differently.
const valueDiffers outcome = "both accept, and read another value"

// differences are all lists together, by the name of the case.
type differences struct {
	expected map[string]outcome
	used     map[string]bool
	faults   int // cases in knownFaults
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

// has reports whether an outcome is the expected one: the listed one, or agreement.
func (d *differences) has(name string, got outcome) bool {
	if want := d.expected[name]; want != "" {
		d.used[name] = want == got
		return want == got
	}
	return got == bothAccept || got == bothRefuse
}

// checkUsed reports what is listed and did not happen.
func (d *differences) checkUsed(t *testing.T) {
	t.Helper()
	for name, want := range d.expected {
		if !d.used[name] {
			t.Errorf("%q is listed as: %s. That is no longer so", name, want)
		}
	}
}
