package configerr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea/internal/configerr"
)

func TestListWithoutFaults(t *testing.T) {
	t.Parallel()
	if err := configerr.New("cardea: Config.").Err(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestListNamesEveryField(t *testing.T) {
	t.Parallel()
	l := configerr.New("cardea: Config.")
	l.Add("Secret", "want %d bytes or more, have %d", 32, 12)
	l.AddEach("Providers[0]", errors.New("100% wrong"))
	l.AddEach("Providers[1]", errors.Join(errors.New("no ID"), errors.Join(errors.New("no URL"), errors.New("no key"))))
	l.AddEach("Providers[2]", fmt.Errorf("%w and %w", errors.New("one"), errors.New("two")))
	const want = `cardea: Config.Secret: want 32 bytes or more, have 12
cardea: Config.Providers[0]: 100% wrong
cardea: Config.Providers[1]: no ID
cardea: Config.Providers[1]: no URL
cardea: Config.Providers[1]: no key
cardea: Config.Providers[2]: one
cardea: Config.Providers[2]: two`
	if err := l.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// A fault is text for the operator: nothing may match an error of a constructor through it.
func TestListHidesTheErrorsThatItDescribes(t *testing.T) {
	t.Parallel()
	inner := errors.New("inner")
	l := configerr.New("cardea: Config.")
	l.AddEach("Providers[0]", inner)
	if errors.Is(l.Err(), inner) {
		t.Error("the error can be matched")
	}
}
