package qr

// penalty says how hard a code is to read (section 7.8.3.1). The mask with the lowest is used.
func (m *matrix) penalty() (total int) {
	dark := 0
	for y := range m.size {
		row := func(x int) bool { return m.dark[y][x] }
		column := func(x int) bool { return m.dark[x][y] }
		total += m.linePenalty(row) + m.linePenalty(column)
		for x := range m.size {
			if m.dark[y][x] {
				dark++
			}
			if y > 0 && x > 0 && m.dark[y][x] == m.dark[y-1][x] && m.dark[y][x] == m.dark[y][x-1] &&
				m.dark[y][x] == m.dark[y-1][x-1] {
				total += 3
			}
		}
	}
	modules := m.size * m.size
	uneven := 20*dark - 10*modules // each 5 % away from half counts
	return total + max(uneven, -uneven)/modules*10
}

// linePenalty is the penalty of a row or a column: for runs of one color, and for what looks like a
// finder pattern with a light side.
func (m *matrix) linePenalty(dark func(int) bool) (total int) {
	const lightLeft, lightRight = 0b00001011101, 0b10111010000
	run, window := 0, 0
	for i := range m.size {
		if i > 0 && dark(i) == dark(i-1) {
			run++
		} else {
			run = 1
		}
		switch {
		case run == 5:
			total += 3
		case run > 5:
			total++
		}
		window = window << 1 & (1<<11 - 1)
		if dark(i) {
			window |= 1
		}
		if i >= 10 && (window == lightLeft || window == lightRight) {
			total += 40
		}
	}
	return total
}
