package qr

// matrix is the modules of a code, by row and column.
type matrix struct {
	version version
	size    int
	dark    [][]bool
	pattern [][]bool // the module belongs to a pattern or to the format, and has no data
}

// newMatrix returns a matrix with the patterns that all codes of the version have.
func newMatrix(v version) *matrix {
	m := &matrix{version: v, size: v.size()}
	m.dark, m.pattern = make([][]bool, m.size), make([][]bool, m.size)
	for i := range m.size {
		m.dark[i], m.pattern[i] = make([]bool, m.size), make([]bool, m.size)
	}
	for i := range m.size {
		m.set(6, i, i%2 == 0)
		m.set(i, 6, i%2 == 0)
	}
	for _, center := range [][2]int{{3, 3}, {3, m.size - 4}, {m.size - 4, 3}} {
		m.drawSquares(center[0], center[1], 4)
	}
	at := v.alignments()
	last := len(at) - 1
	for i, y := range at {
		for j, x := range at {
			if !(i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0) { // there are finders
				m.drawSquares(y, x, 2)
			}
		}
	}
	m.drawFormat(0) // reserves the modules
	m.drawVersion()
	return m
}

// set makes a module part of a pattern.
func (m *matrix) set(y, x int, dark bool) { m.dark[y][x], m.pattern[y][x] = dark, true }

// drawSquares draws a finder pattern with its separator, of radius 4, or an alignment pattern, of
// radius 2: squares around a center, of which one or two are light.
func (m *matrix) drawSquares(y, x, radius int) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if y+dy < 0 || y+dy >= m.size || x+dx < 0 || x+dx >= m.size {
				continue
			}
			distance := max(dy, -dy, dx, -dx)
			light := distance == radius-2 || distance == 4
			if radius == 2 {
				light = distance == 1
			}
			m.set(y+dy, x+dx, !light)
		}
	}
}

// drawFormat draws the error correction level and the mask, twice, with a BCH code (section 7.9).
func (m *matrix) drawFormat(mask int) {
	const levelM = 0
	data := levelM<<3 | mask
	bits := (data<<10 | bch(data, 10, 0x537)) ^ 0x5412
	for i := range 15 {
		dark := bits>>i&1 == 1
		switch { // around the finder at the top left
		case i < 6:
			m.set(i, 8, dark)
		case i < 8:
			m.set(i+1, 8, dark)
		case i == 8:
			m.set(8, 7, dark)
		default:
			m.set(8, 14-i, dark)
		}
		if i < 8 { // beside the other finders
			m.set(8, m.size-1-i, dark)
		} else {
			m.set(m.size-15+i, 8, dark)
		}
	}
	m.set(m.size-8, 8, true)
}

// drawVersion draws the version, twice, with a BCH code (section 7.10).
func (m *matrix) drawVersion() {
	if m.version < 7 {
		return
	}
	bits := int(m.version)<<12 | bch(int(m.version), 12, 0x1F25)
	for i := range 18 {
		long, short := m.size-11+i%3, i/3
		m.set(long, short, bits>>i&1 == 1)
		m.set(short, long, bits>>i&1 == 1)
	}
}

// bch returns the remainder of data, with degree zeros behind it, divided by a polynomial.
func bch(data, degree, polynomial int) int {
	rest := data
	for range degree {
		rest <<= 1
		if rest>>degree&1 == 1 {
			rest ^= polynomial
		}
	}
	return rest
}

// place puts the codewords into the modules without a pattern: in columns of two modules, upwards
// and downwards in turns, from the right to the left.
func (m *matrix) place(words []byte) {
	n, up := 0, true
	for right := m.size - 1; right > 0; right -= 2 {
		if right == 6 { // the timing pattern
			right--
		}
		for i := range m.size {
			y := i
			if up {
				y = m.size - 1 - i
			}
			for x := right; x > right-2; x-- {
				if !m.pattern[y][x] && n < 8*len(words) {
					m.dark[y][x] = words[n/8]>>(7-n%8)&1 == 1
					n++
				}
			}
		}
		up = !up
	}
}

// masks are the conditions under which a module of data is inverted (table 10).
var masks = []func(y, x int) bool{
	func(y, x int) bool { return (y+x)%2 == 0 },
	func(y, _ int) bool { return y%2 == 0 },
	func(_, x int) bool { return x%3 == 0 },
	func(y, x int) bool { return (y+x)%3 == 0 },
	func(y, x int) bool { return (y/2+x/3)%2 == 0 },
	func(y, x int) bool { return y*x%2+y*x%3 == 0 },
	func(y, x int) bool { return (y*x%2+y*x%3)%2 == 0 },
	func(y, x int) bool { return ((y+x)%2+y*x%3)%2 == 0 },
}

func (m *matrix) applyMask(mask int) {
	for y := range m.size {
		for x := range m.size {
			if !m.pattern[y][x] && masks[mask](y, x) {
				m.dark[y][x] = !m.dark[y][x]
			}
		}
	}
}
