package qr

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Each version is the same module for module as that of another implementation.
func TestCodesOfAnotherImplementation(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := map[version]bool{}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var v version
		var mask, length int
		var want string
		if _, err := fmt.Sscan(line, &v, &mask, &length, &want); err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("otpauth://totp/Ä?secret=", 40)[:length]
		if got, err := smallestVersion(length); got != v || err != nil {
			t.Errorf("%d bytes: version %d and %v, want %d", length, got, err, v)
		}
		m := newMatrix(v)
		m.place(v.interleaved(v.dataWords(text)))
		m.applyMask(mask)
		m.drawFormat(mask)
		sum := sha256.Sum256([]byte(m.String()))
		if hex.EncodeToString(sum[:]) != want {
			t.Errorf("version %d: another code:\n%s", v, m)
		}
		checked[v] = true
	}
	if len(checked) != maxVersion {
		t.Errorf("%d versions were checked, want %d", len(checked), maxVersion)
	}
}

func (m *matrix) String() string {
	var b strings.Builder
	for _, row := range m.dark {
		for _, dark := range row {
			if dark {
				b.WriteByte('1')
			} else {
				b.WriteByte('0')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The version that is chosen has room for the text, and no smaller one has.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	// ISO/IEC 18004, table 7: bytes at level M.
	capacities := []int{
		14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
	}
	for i, n := range capacities {
		want := version(i + 1)
		if v, err := smallestVersion(n); v != want || err != nil {
			t.Errorf("%d bytes: version %d and %v, want %d", n, v, err, want)
		}
		if v, err := smallestVersion(n + 1); want < maxVersion && (v != want+1 || err != nil) {
			t.Errorf("%d bytes: version %d and %v, want %d", n+1, v, err, want+1)
		}
	}
	if _, err := SVG(strings.Repeat("a", 667), ""); !errors.Is(err, ErrTooLong) {
		t.Errorf("667 bytes: got %v, want ErrTooLong", err)
	}
}

// A run of five modules, a block of four, what looks like a finder, and a dark code are hard to
// read (ISO/IEC 18004, table 11).
func TestPenalty(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		line string
		want int
	}{
		{"0101010101010101", 0},
		{"0111110101010101", 3},
		{"0111111101010101", 5},
		{"0100001011101001", 40},
		{"0101011101000010", 40},
		{"0000010111010000", 3 + 40 + 40},
	} {
		m := &matrix{size: len(tc.line)}
		if got := m.linePenalty(func(i int) bool { return tc.line[i] == '1' }); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.line, got, tc.want)
		}
	}
	for _, tc := range []struct {
		rows []string
		want int
	}{
		{[]string{"01", "10"}, 0},
		{[]string{"00", "00"}, 3 + 100},
		{[]string{"11", "11"}, 3 + 100},
		{[]string{"011", "111", "110"}, 6 + 50},
	} {
		m := &matrix{size: len(tc.rows)}
		for _, row := range tc.rows {
			dark := make([]bool, len(row))
			for x := range row {
				dark[x] = row[x] == '1'
			}
			m.dark = append(m.dark, dark)
		}
		if got := m.penalty(); got != tc.want {
			t.Errorf("%v: got %d, want %d", tc.rows, got, tc.want)
		}
	}
}

// The mask with the lowest penalty is used, and the SVG shows these modules.
func TestSVG(t *testing.T) {
	t.Parallel()
	const text = "otpauth://totp/Example:ann@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example"
	m, err := encode(text)
	if err != nil {
		t.Fatal(err)
	}
	for mask := range masks {
		other := newMatrix(m.version)
		other.place(m.version.interleaved(m.version.dataWords(text)))
		other.applyMask(mask)
		other.drawFormat(mask)
		if other.penalty() < m.penalty() {
			t.Errorf("mask %d has the penalty %d, less than %d", mask, other.penalty(), m.penalty())
		}
	}
	svg, err := SVG(text, `"<a> & b"`)
	if err != nil {
		t.Fatal(err)
	}
	var element struct {
		Label   string `xml:"aria-label,attr"`
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &element); err != nil {
		t.Fatal(err)
	}
	if side := m.size + 8; element.ViewBox != fmt.Sprintf("0 0 %d %d", side, side) || element.Label != `"<a> & b"` {
		t.Errorf("got %+v", element)
	}
	drawn := newMatrix(m.version)
	for y := range drawn.size {
		clear(drawn.dark[y])
	}
	for run := range strings.SplitSeq(strings.TrimPrefix(element.Paths[1].D, "M"), "M") {
		var x, y, n int
		if _, err := fmt.Sscanf(run, "%d %dh%dv1", &x, &y, &n); err != nil {
			t.Fatalf("%s: %v", run, err)
		}
		for i := range n {
			drawn.dark[y-4][x-4+i] = true
		}
	}
	if drawn.String() != m.String() {
		t.Errorf("the SVG shows\n%s, want\n%s", drawn, m)
	}
}
