package passwordhash_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/passwordhash"
)

// A stored hash that wants 4 GiB is refused where an int has 32 bits, too: there so many bytes are
// none.
func TestHugeHashIsRefusedOnSmallMachines(t *testing.T) {
	t.Parallel()
	h, err := passwordhash.New(passwordhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	huge := "$argon2id$v=19$m=4194304,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)
	if err := h.Check(huge); !errors.Is(err, passwordhash.ErrHash) {
		t.Errorf("got %v", err)
	}
	o := passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 4194304}}
	if _, err := passwordhash.New(o); err == nil {
		t.Error("New accepts it for new hashes")
	}
}
