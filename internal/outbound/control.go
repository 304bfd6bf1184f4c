package outbound

// dropControls returns a JSON text without the control characters that stand unescaped in its
// string values, and whether there were any. It leaves a text alone that has one within an escape
// sequence or in the name of a member: dropping it there could make another text of it.
func dropControls(text []byte) (clean []byte, dropped bool) {
	s := stringScanner{}
	clean = make([]byte, 0, len(text))
	for _, b := range text {
		isControl := s.inString && b < ' '
		if isControl && s.escape > 0 || s.next(b) {
			return nil, false
		}
		if !isControl {
			clean = append(clean, b)
		}
	}
	return clean, len(clean) < len(text)
}

// stringScanner knows where in a JSON text a string begins and ends. It needs no more of the
// grammar, because what it lets through is decoded afterwards.
type stringScanner struct {
	inString bool
	escape   int  // how many more characters belong to an escape sequence
	control  bool // the string, or the last one, has a control character
}

// next takes the next byte. It reports whether this byte shows that a name has a control character:
// a name is a string with a colon behind it.
func (s *stringScanner) next(b byte) (badName bool) {
	switch {
	case !s.inString:
		return s.between(b)
	case b < ' ':
		s.control = true
	case s.escape > 0:
		s.inEscape(b)
	case b == '\\':
		s.escape = 1
	case b == '"':
		s.inString = false
	}
	return false
}

// between takes a byte that is in no string.
func (s *stringScanner) between(b byte) (badName bool) {
	if b == '"' {
		s.inString, s.control = true, false
	}
	return b == ':' && s.control
}

// inEscape takes a byte behind a backslash, or one of the four digits behind \u.
func (s *stringScanner) inEscape(b byte) {
	s.escape--
	if b == 'u' {
		s.escape = 4
	}
}
