package signinclaim_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/signinclaim"
)

func TestClaimIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_764_376_938, 0).UTC()
	for text, claim := range map[string]signinclaim.Claim{
		"iat=1764376938 exp=1764376939 order=1764376938123456 acr=2 auth_time=1764376940 amr=pwd,otp": {
			Begin: at, End: at.Add(time.Second), Order: 1_764_376_938_123_456, Level: 2,
			AuthTime: at.Add(2 * time.Second), Methods: []string{"pwd", "otp"},
		},
		"iat=1764376938 acr=1": {Begin: at, Level: 1},
		"amr=mail":             {Methods: []string{"mail"}},
		"":                     {},
	} {
		if got := claim.String(); got != text {
			t.Errorf("%+v is written as %q, want %q", claim, got, text)
		}
		if got := signinclaim.Parse(text); !reflect.DeepEqual(got, claim) {
			t.Errorf("%q is read as %+v, want %+v", text, got, claim)
		}
	}
}

// A later version may write more, and another program may write anything.
func TestUnknownPartsAreLeftOut(t *testing.T) {
	t.Parallel()
	const text = "v=2 acr=1  iat=1e9 order= =7 exp=99999999999999999999 acr=x acr amr=,a,,b, x"
	want := signinclaim.Claim{Level: 1, Methods: []string{"a", "b"}}
	if got := signinclaim.Parse(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
