package oracle_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	own "github.com/cardea-auth/cardea/internal/totp"
)

// The codes of the package that most Go programs use count as ours, in the step to which they
// belong, and it reads our URI.
func TestOneTimeCodes(t *testing.T) {
	t.Parallel()
	for i := range 50 {
		secret := own.NewSecret()
		key, err := otp.NewKeyFromURL(secret.URI("Big: Site & Co", "ann+tag@example.com"))
		if err != nil || key.Secret() != secret.Text() || key.AccountName() != "ann+tag@example.com" ||
			key.Issuer() != "Big  Site & Co" || key.Type() != "totp" || key.Digits() != otp.DigitsSix ||
			key.Period() != 30 || key.Algorithm() != otp.AlgorithmSHA1 {
			t.Fatalf("the URI is read as %v, %v", key, err)
		}
		at := time.Unix(int64(i)*98765432+7, 0)
		code, err := totp.GenerateCode(key.Secret(), at)
		if err != nil {
			t.Fatal(err)
		}
		for _, late := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
			if step, ok := secret.Match(code, at.Add(late)); !ok || step < at.Unix()/30 || step > at.Unix()/30+2 {
				t.Errorf("%s at %v, %v later: step %d, %t", code, at, late, step, ok)
			}
		}
		if valid, err := totp.ValidateCustom(code, key.Secret(), at, totp.ValidateOpts{
			Period: 30, Skew: 1, Digits: otp.DigitsSix,
		}); err != nil || !valid {
			t.Errorf("the package refuses its own code: %v", err)
		}
	}
}
