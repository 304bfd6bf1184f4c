// Package qr draws QR codes (ISO/IEC 18004), of texts of up to 666 bytes with error correction
// level M, which repairs about 15 % of the code.
package qr

import (
	"errors"
	"fmt"
	"html"
	"strings"
)

// ErrTooLong is the error for a text that does not fit into a code.
var ErrTooLong = errors.New("the text is too long for a QR code")

// quietZone is how many light modules surround a code.
const quietZone = 4

// SVG returns the code of a text as an SVG element for an HTML page. Label is its text for those
// who do not see it. The element has no script and no style attribute. It is dark on light in every
// color scheme, because some readers need that.
func SVG(text, label string) (string, error) {
	m, err := encode(text)
	if err != nil {
		return "", err
	}
	side := m.size + 2*quietZone
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" width="%d" height="%d" `+
		`viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/>`+
		`<path fill="#000" d="%s"/></svg>`, html.EscapeString(label), side*4, side*4, side, side, side, side,
		m.path()), nil
}

// path draws each run of dark modules in a row.
func (m *matrix) path() string {
	var b strings.Builder
	for y := range m.size {
		for x := 0; x < m.size; x++ {
			begin := x
			for x < m.size && m.dark[y][x] {
				x++
			}
			if n := x - begin; n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", begin+quietZone, y+quietZone, n, n)
			}
		}
	}
	return b.String()
}

// encode returns the code of a text with the mask that makes it easiest to read.
func encode(text string) (*matrix, error) {
	v, err := smallestVersion(len(text))
	if err != nil {
		return nil, err
	}
	words := v.interleaved(v.dataWords(text))
	var best *matrix
	for mask := range masks {
		m := newMatrix(v)
		m.place(words)
		m.applyMask(mask)
		m.drawFormat(mask)
		if best == nil || m.penalty() < best.penalty() {
			best = m
		}
	}
	return best, nil
}
