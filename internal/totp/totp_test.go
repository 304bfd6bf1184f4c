package totp

import (
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rfc is the secret of RFC 4226 appendix D and RFC 6238 appendix B.
var rfc = Secret("12345678901234567890")

func TestVectorsOfTheRFCs(t *testing.T) {
	t.Parallel()
	for i, want := range []string{ // RFC 4226, appendix D
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := rfc.code(int64(i), 6); got != want {
			t.Errorf("counter %d: got %s, want %s", i, got, want)
		}
	}
	for at, want := range map[int64]string{ // RFC 6238, appendix B, in the mode SHA1
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
		2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := rfc.code(at/period, 8); got != want {
			t.Errorf("time %d: got %s, want %s", at, got, want)
		}
		if step, ok := rfc.Match(want[2:], time.Unix(at, 0)); !ok || step != at/period {
			t.Errorf("time %d: Match returns %d, %t", at, step, ok)
		}
	}
}

// A code counts for one step before and one after its own, and Match tells which step that is.
func TestMatch(t *testing.T) {
	t.Parallel()
	now := time.Unix(1111111109, 0)
	step := now.Unix() / period
	for _, tc := range []struct {
		code string
		want int64 // 0 for no match
	}{
		{rfc.code(step-2, 6), 0},
		{rfc.code(step-1, 6), step - 1},
		{rfc.code(step, 6), step},
		{rfc.code(step+1, 6), step + 1},
		{rfc.code(step+2, 6), 0},
		{" 081 804\u00a0", step},
		{"\u20090818\u202804\t", step},
		{"０８１８０４", step},
		{"٠٨١٨٠٤", step},
		{"۰۸۱۸۰۴", step},
		{"०८१८०४", step},
		{"07081804", 0},
		{"81804", 0},
		{"+81804", 0},
		{"081804a", 0},
		{"", 0},
	} {
		got, ok := rfc.Match(tc.code, now)
		if ok != (tc.want != 0) || got != tc.want {
			t.Errorf("%q: got %d, %t, want %d", tc.code, got, ok, tc.want)
		}
	}
}

// If two steps have the same code, it counts as that of the later one, so that it is used once.
func TestMatchTakesTheLastStep(t *testing.T) {
	t.Parallel()
	const step = 910737 // the first whose code is that of the next one, too
	code := rfc.code(step, 6)
	if next := rfc.code(step+1, 6); next != code {
		t.Fatalf("the codes are %s and %s", code, next)
	}
	for _, now := range []int64{step, step + 1} {
		if got, ok := rfc.Match(code, time.Unix(now*period, 0)); !ok || got != step+1 {
			t.Errorf("got step %d, %t, want %d", got, ok, step+1)
		}
	}
}

// Random secrets and times give the codes of oathtool.
func TestCodesOfOathtool(t *testing.T) {
	t.Parallel()
	oathtool, err := exec.LookPath("oathtool")
	if err != nil {
		t.Skip("oathtool is not installed")
	}
	for i := range 20 {
		secret, at := NewSecret(), time.Unix(int64(i)*98765432+1, 0)
		out, err := exec.CommandContext(t.Context(), oathtool, "--totp", "--base32",
			"--now=@"+strconv.FormatInt(at.Unix(), 10), secret.Text()).Output()
		if err != nil {
			t.Fatal(err)
		}
		if step, ok := secret.Match(string(out), at); !ok || step != at.Unix()/period {
			t.Errorf("%s at %v: Match returns %d, %t for %s", secret.Text(), at, step, ok, out)
		}
	}
}

func TestTextsOfASecret(t *testing.T) {
	t.Parallel()
	if got := rfc.Groups(); got != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Errorf("Groups: %s", got)
	}
	parsed, err := ParseSecret(rfc.Text())
	if err != nil || string(parsed) != string(rfc) {
		t.Errorf("ParseSecret: %q, %v", parsed, err)
	}
	for _, text := range []string{"", "GEZDGNBV", rfc.Text() + "A", rfc.Groups(), strings.ToLower(rfc.Text())} {
		if s, err := ParseSecret(text); err == nil {
			t.Errorf("ParseSecret(%q): %q", text, s)
		}
	}
	if a, b := NewSecret(), NewSecret(); len(a) != 20 || string(a) == string(b) {
		t.Errorf("NewSecret: %x, %x", a, b)
	}
}

// Apps find the issuer before the first colon, and take a + for what it is.
func TestURI(t *testing.T) {
	t.Parallel()
	got := rfc.URI("Big: Site & Co", "ann+tag@example.com")
	const want = "otpauth://totp/Big%20%20Site%20%26%20Co:ann%2Btag%40example.com" +
		"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Big%20%20Site%20%26%20Co"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	u, err := url.Parse(got)
	if err != nil || u.Host != "totp" || u.Path != "/Big  Site & Co:ann+tag@example.com" ||
		u.Query().Get("issuer") != "Big  Site & Co" {
		t.Errorf("parsed as %+v, %v", u, err)
	}
}
