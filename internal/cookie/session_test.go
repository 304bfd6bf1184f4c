package cookie_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
)

func TestSession(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	tests := []struct {
		name string
		line string
		want string
	}{
		{"none", "a=1", ""},
		{"plain", name + "=abc", "abc"},
		{"chunks", name + ".0=a; " + name + ".1=b; " + name + ".2=c", "abc"},
		{"chunks in any order", name + ".2=c; x=y; " + name + ".0=a; " + name + ".1=b", "abc"},
		{"ten chunks are not in the order of their text", chunked(11), "0123456789" + "10"},
		{"one chunk", name + ".0=a", "a"},
		{"encoded chunks", name + ".0=a%7; " + name + ".1=Cb", "a|b"},
		{"first of two equal chunks", name + ".0=a; " + name + ".1=b; " + name + ".0=x", "ab"},
		{"first of two plain ones", name + "=a; " + name + "=b", "a"},

		{"plain wins over chunks", name + ".0=a; " + name + ".1=b; " + name + "=c", "c"},
		{"empty plain does not", name + "=; " + name + ".0=a; " + name + ".1=b", "ab"},
		{"empty plain before another", name + "=; " + name + "=b", "b"},
		{"gap", name + ".0=a; " + name + ".2=c", "a"},
		{"empty chunk is a gap", name + ".0=a; " + name + ".1=; " + name + ".2=c", "a"},
		{"no first chunk", name + ".1=b; " + name + ".2=c", ""},
		{"chunk 99", name + ".0=a; " + name + ".99=x", "a"},
		{"chunk 100", name + ".0=a; " + name + ".100=x", ""},
		{"number beyond any integer", name + ".0=a; " + name + ".99999999999999999999=x", ""},

		{"name that only begins the same", name + "=a; " + name + "X=b; " + name + "-old=c; " + name + "s.0=d", "a"},
		{"begins the same, with chunks", name + ".0=a; " + name + "X=b; " + name + ".1=c; " + name + ".x=d", "ac"},
		{"not as numbers are written", name + ".0=a; " + name + ".01=b; " + name + ".+1=c; " + name + ".1x=d; " + name +
			".=e; " + name + ".1.1=f", "a"},
		{"only a stray one", name + "X=b", ""},
		{"with a prefix", "__Secure-" + name + "=a", ""},
		{"of another version", "next-auth.session-token=a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names := cookie.NamesV5(false)
			if got := jarOf(&names, tt.line).Session(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// chunked returns a Cookie header with n chunks, the last first, each holding its number.
func chunked(n int) string {
	var pairs []string
	for i := n - 1; i >= 0; i-- {
		pairs = append(pairs, "authjs.session-token."+strconv.Itoa(i)+"="+strconv.Itoa(i))
	}
	return strings.Join(pairs, "; ")
}

// fiber CVE-2026-25899: the work that a request can cause is limited.
func TestTwoHundredChunksAreRefused(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := jarOf(&names, chunked(200))
	if got := jar.Session(); got != "" {
		t.Errorf("got a session of %d bytes", len(got))
	}
	if got := jarOf(&names, chunked(100)).Session(); got == "" {
		t.Error("a hundred chunks were refused")
	}
	jar.ClearSession()
	if got := len(written(jar)); got > 101 {
		t.Errorf("%d cookies were cleared at once", got)
	}
}

const (
	kept    = "; Path=/; Expires=Sun, 22 Nov 2026 12:26:40 GMT; HttpOnly; SameSite=Lax"
	cleared = "; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
)

func TestSetSession(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	long := strings.Repeat("x", 3936) + strings.Repeat("y", 1064)
	tests := []struct {
		name  string
		line  string
		value string
		want  []string
	}{
		{"short", "", "v", []string{name + "=v" + kept}},
		{"short over short", name + "=old", "v", []string{name + "=v" + kept}},
		{"as long as one cookie can be", "", long[:3936], []string{name + "=" + long[:3936] + kept}},
		{"one byte more", "", long[:3937], []string{name + ".0=" + long[:3936] + kept, name + ".1=y" + kept}},
		{"fewer chunks than came in", name + ".0=a; " + name + ".1=b; " + name + ".2=c", long, []string{
			name + ".0=" + long[:3936] + kept, name + ".1=" + long[3936:] + kept, name + ".2=" + cleared,
		}},
		{"chunks over a plain one", name + "=a", long, []string{
			name + "=" + cleared, name + ".0=" + long[:3936] + kept, name + ".1=" + long[3936:] + kept,
		}},
		{"plain over chunks", "x=y; " + name + ".1=b; " + name + ".0=a", "v", []string{
			name + ".1=" + cleared, name + ".0=" + cleared, name + "=v" + kept,
		}},
		{"names that only begin the same are not ours to clear", name + "X=b; " + name + ".01=c", "v",
			[]string{name + "=v" + kept}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names := cookie.NamesV5(false)
			jar := jarOf(&names, tt.line)
			if err := jar.SetSession(tt.value, now); err != nil {
				t.Fatal(err)
			}
			compare(t, written(jar), tt.want)
		})
	}
}

func TestChunksOfV4(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV4(false)
	jar := jarOf(&names)
	value := strings.Repeat("x", 3934)
	if err := jar.SetSession(value, now); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{
		"next-auth.session-token.0=" + value[1:] + kept, "next-auth.session-token.1=x" + kept,
	})
}

func TestSessionWithoutExpires(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := jarOf(&names)
	if err := jar.SetSession("v", time.Time{}); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{"authjs.session-token=v; Path=/; HttpOnly; SameSite=Lax"})
}

func TestTheLastCallDecidesAboutTheSession(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	names := cookie.NamesV5(false)
	jar := jarOf(&names, name+".0=a; "+name+".1=b")
	long := strings.Repeat("x", 10_000)
	if err := errors.Join(jar.SetSession(long, now), jar.SetSession("v", now)); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{name + ".0=" + cleared, name + ".1=" + cleared, name + "=v" + kept})

	if err := jar.SetSession(long, now); err != nil {
		t.Fatal(err)
	}
	jar.ClearSession()
	compare(t, written(jar), []string{name + ".0=" + cleared, name + ".1=" + cleared, name + "=" + cleared})

	jar.ClearSession()
	if err := jar.SetSession("v", now); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{name + ".0=" + cleared, name + ".1=" + cleared, name + "=v" + kept})
}

// oauth2-proxy CVE-2026-34454: all chunks that the request has are cleared.
func TestClearSession(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	names := cookie.NamesV5(false)
	jar := jarOf(&names, "a=1; "+name+".0=a; "+name+".7=b; "+name+".0=c; "+name+".12345=d; "+name+"X=e")
	jar.ClearSession()
	compare(t, written(jar), []string{
		name + ".0=" + cleared, name + ".7=" + cleared, name + ".12345=" + cleared, name + "=" + cleared,
	})

	jar = jarOf(&names)
	jar.ClearSession()
	compare(t, written(jar), []string{name + "=" + cleared})
}

func TestSessionOfADomain(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(true)
	names.Domain = "example.com"
	const attributes = "; Path=/; HttpOnly; Secure; SameSite=Lax"
	const here, everywhere = "=; Max-Age=0" + attributes, "=; Max-Age=0; Domain=example.com" + attributes
	jar := jarOf(&names, names.Session+".0=a")
	if err := jar.SetSession("b", time.Time{}); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{
		names.Session + ".0" + here, names.Session + ".0" + everywhere,
		names.Session + "=b; Domain=example.com" + attributes,
	})

	jar.ClearSession()
	compare(t, written(jar), []string{
		names.Session + ".0" + here, names.Session + ".0" + everywhere, names.Session + here,
		names.Session + everywhere,
	})

	if err := jar.Set(cookie.Cookie{Name: names.CSRF, Value: "c"}); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{names.CSRF + "=c" + attributes})
}

func TestSessionThatIsTooLong(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := jarOf(&names, "authjs.session-token.7=a")
	for _, value := range []string{strings.Repeat("x", 64<<10+1), strings.Repeat("|", 2000)} {
		if err := jar.SetSession(value, now); !errors.Is(err, cookie.ErrTooLong) {
			t.Errorf("a value of %d bytes: got %v, want ErrTooLong", len(value), err)
		}
	}
	if got := written(jar); got != nil {
		t.Errorf("got %q, want no change", got)
	}
}

// TestSessionRoundTrip sends back the cookies that were set, as a browser does.
func TestSessionRoundTrip(t *testing.T) {
	t.Parallel()
	for _, names := range []cookie.Names{cookie.NamesV5(true), cookie.NamesV4(false)} {
		for _, size := range []int{1, names.ChunkSize, names.ChunkSize + 1, 5 * names.ChunkSize, 64 << 10} {
			want := strings.Repeat("abcdefghij", size/10+1)[:size]
			jar := jarOf(&names)
			if err := jar.SetSession(want, now); err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, header := range written(jar) {
				pair, _, _ := strings.Cut(header, ";")
				if len(pair) > 4096 {
					t.Errorf("a cookie of %d bytes", len(pair))
				}
				lines = append(lines, pair)
			}
			if got := jarOf(&names, strings.Join(lines, "; ")).Session(); got != want {
				t.Errorf("a session of %d bytes came back with %d", len(want), len(got))
			}
		}
	}
}

// TestSessionsOfNode reads and writes the sessions that next-auth 4.24.15 and @auth/core 0.41.3
// split over several cookies.
func TestSessionsOfNode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Kind  string
			Cases []struct {
				Version  string
				Inputs   struct{ TokenLength int }
				Expected struct{ Cookies map[string]string }
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	versions := map[string]cookie.Names{"v5": cookie.NamesV5(false), "v4": cookie.NamesV4(false)}
	tested := 0
	for _, vector := range file.Vectors {
		if vector.Kind != "cookie-chunks" {
			continue
		}
		for _, c := range vector.Cases {
			tested++
			names := versions[c.Version]
			var pairs []string
			for name, value := range c.Expected.Cookies {
				pairs = append(pairs, name+"="+value)
			}
			value := jarOf(&names, strings.Join(pairs, "; ")).Session()
			if len(value) != c.Inputs.TokenLength {
				t.Errorf("%s: got %d bytes, want %d", c.Version, len(value), c.Inputs.TokenLength)
			}
			jar := jarOf(&names)
			if err := jar.SetSession(value, now); err != nil {
				t.Fatal(err)
			}
			headers := written(jar)
			slices.Sort(headers)
			slices.Sort(pairs)
			for i := range pairs {
				pairs[i] += kept
			}
			compare(t, headers, pairs)
		}
	}
	if tested != 2 {
		t.Errorf("%d sessions were tested, want 2", tested)
	}
}

func TestDiscardSession(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	names := cookie.NamesV5(false)
	for _, tt := range []struct {
		name string
		in   []string
		want []string
	}{
		{"nothing", nil, nil},
		{"only the session", []string{name + "=a; Path=/", name + ".0=; Max-Age=0", name + ".12=b"}, nil},
		{"others stay", []string{
			"a=1", name + "=a", name + "X=2", name + ".x=3", "__Secure-" + name + "=4", "b=" + name + "=5",
		},
			[]string{"a=1", name + "X=2", name + ".x=3", "__Secure-" + name + "=4", "b=" + name + "=5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for _, line := range tt.in {
				h.Add("Set-Cookie", line)
			}
			names.DiscardSession(h)
			if got, found := h["Set-Cookie"]; !slices.Equal(got, tt.want) || found != (tt.want != nil) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
