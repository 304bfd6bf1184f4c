package qr

// version is the size of a code, from 1 to maxVersion.
type version int

const maxVersion = 20

// Error correction level M: how many error correction codewords a block has, and how many blocks
// there are, by version (ISO/IEC 18004, table 9).
var (
	correctionWords = [maxVersion + 1]int{
		0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
	}
	blockCount = [maxVersion + 1]int{0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16}
)

// smallestVersion returns the smallest version that holds n bytes.
func smallestVersion(n int) (version, error) {
	for v := version(1); v <= maxVersion; v++ {
		if v.headerBits()+8*n <= 8*v.dataCapacity() {
			return v, nil
		}
	}
	return 0, ErrTooLong
}

func (v version) size() int { return 17 + 4*int(v) }

// headerBits is the length of the mode and of the number of bytes.
func (v version) headerBits() int {
	if v < 10 {
		return 4 + 8
	}
	return 4 + 16
}

// words is the number of codewords, of data and error correction together: the modules that no
// pattern has, in bytes.
func (v version) words() int {
	size, n := v.size(), len(v.alignments())
	modules := size*size - 3*8*8 - 2*15 - 1 - 2*(size-16) // finders, format, dark module, timing
	if n > 0 {
		modules -= 25*(n*n-3) - 10*(n-2) // those on the timing patterns share 5 modules
	}
	if v >= 7 {
		modules -= 2 * 18
	}
	return modules / 8
}

func (v version) dataCapacity() int { return v.words() - correctionWords[v]*blockCount[v] }

// alignments are the coordinates of the centers of the alignment patterns (annex E).
func (v version) alignments() []int {
	if v == 1 {
		return nil
	}
	n := int(v)/7 + 2
	step := (int(v)*8 + n*3 + 5) / (n*4 - 4) * 2
	list := make([]int, n)
	for i, at := n-1, v.size()-7; i > 0; i, at = i-1, at-step {
		list[i] = at
	}
	list[0] = 6
	return list
}

// dataWords returns the text as data codewords: mode, length, bytes, terminator and padding.
func (v version) dataWords(text string) []byte {
	var b bitWriter
	const byteMode = 4
	b.write(byteMode, 4)
	b.write(len(text), v.headerBits()-4)
	for i := range len(text) {
		b.write(int(text[i]), 8)
	}
	capacity := v.dataCapacity()
	b.write(0, min(4, 8*capacity-b.n))
	b.write(0, (8-b.n%8)%8)
	for pad := 0xEC; len(b.words) < capacity; pad ^= 0xEC ^ 0x11 {
		b.write(pad, 8)
	}
	return b.words
}

// bitWriter writes numbers, the highest bit first.
type bitWriter struct {
	words []byte
	n     int // bits
}

func (b *bitWriter) write(value, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.words = append(b.words, 0)
		}
		b.words[b.n/8] |= byte(value>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// interleaved returns the codewords in the order in which they are placed: the first of each block,
// the second of each block, and so on, and after the data the error correction.
func (v version) interleaved(data []byte) []byte {
	blocks, correction := make([][]byte, blockCount[v]), make([][]byte, blockCount[v])
	short := len(data) / len(blocks)
	long := len(data) % len(blocks) // the last blocks have one codeword more
	for i := range blocks {
		n := short
		if i >= len(blocks)-long {
			n++
		}
		blocks[i], data = data[:n], data[n:]
		correction[i] = remainder(blocks[i], correctionWords[v])
	}
	return append(columns(blocks), columns(correction)...)
}

// columns returns the first elements of all lists, then the second ones, and so on.
func columns(lists [][]byte) (all []byte) {
	for i := range len(lists[len(lists)-1]) {
		for _, list := range lists {
			if i < len(list) {
				all = append(all, list[i])
			}
		}
	}
	return all
}

// remainder returns the n error correction codewords of a block: the remainder of the division by
// the product of (x - 2^i) for i from 0 to n-1, in the field of 256 elements.
func remainder(block []byte, n int) []byte {
	divisor := make([]byte, n) // without the leading 1
	divisor[n-1] = 1
	root := byte(1)
	for range n {
		for i := range divisor {
			divisor[i] = multiply(divisor[i], root)
			if i+1 < n {
				divisor[i] ^= divisor[i+1]
			}
		}
		root = multiply(root, 2)
	}
	rest := make([]byte, n)
	for _, word := range block {
		factor := word ^ rest[0]
		rest = append(rest[1:], 0)
		for i := range rest {
			rest[i] ^= multiply(divisor[i], factor)
		}
	}
	return rest
}

// multiply multiplies in the field of 256 elements with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
func multiply(x, y byte) (product byte) {
	for ; y > 0; y >>= 1 {
		if y&1 == 1 {
			product ^= x
		}
		carry := x >> 7
		x = x<<1 ^ carry*0x1D
	}
	return product
}
