package main

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
)

var (
	generated      = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	directive      = regexp.MustCompile(`^//[a-z0-9]+:[a-z0-9]`)
	outputHeading  = regexp.MustCompile(`(?i)^//\s*(unordered )?output:`)
	linkDefinition = regexp.MustCompile(`^\[[^\]]+\]: \S+$`)
	svgPath        = regexp.MustCompile(`^"[Mm][MmLlHhVvCcSsQqTtAaZz0-9 ,.-]+"$`)
)

// sourceLine is what the scanner found on a line of a Go file.
type sourceLine struct {
	comment   bool     // the line holds a comment and nothing else
	unchecked bool     // the line starts inside a raw string
	strings   []string // string literals that start and end on this line
}

// checkGo returns the lines of a Go file that are too wide.
func checkGo(source string) []wideLine {
	if generated.MatchString(source) {
		return nil
	}
	scanned := scan(source)
	var wide []wideLine
	inOutput := false
	for i, text := range strings.Split(source, "\n") {
		line := scanned[i+1]
		inOutput = line.comment && (inOutput || outputHeading.MatchString(strings.TrimSpace(text)))
		if line.unchecked || inOutput {
			continue
		}
		if limit := limitOf(text, line); width(text) > limit && !unbreakable(text, line) {
			wide = append(wide, wideLine{i + 1, width(text), limit})
		}
	}
	return wide
}

// scan returns what is on each line of source, by line number. Lines of nothing but code without
// strings are absent.
func scan(source string) map[int]sourceLine {
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, scanner.ScanComments)

	lines := map[int]sourceLine{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		first := file.Position(pos)
		last := first.Line + strings.Count(literal, "\n")
		switch {
		case tok == token.COMMENT:
			markComment(lines, source, first, last)
		case tok == token.STRING && first.Line == last:
			line := lines[last]
			line.strings = append(line.strings, literal)
			lines[last] = line
		case tok == token.STRING:
			for n := first.Line + 1; n <= last; n++ {
				lines[n] = sourceLine{unchecked: true}
			}
		}
	}
}

func markComment(lines map[int]sourceLine, source string, first token.Position, last int) {
	before := source[first.Offset-(first.Column-1) : first.Offset]
	if strings.TrimSpace(before) == "" {
		lines[first.Line] = sourceLine{comment: true}
	}
	for n := first.Line + 1; n <= last; n++ {
		lines[n] = sourceLine{comment: true}
	}
}

func limitOf(text string, line sourceLine) int {
	if line.comment && !strings.HasPrefix(strings.TrimSpace(text), "//\t") {
		return proseLimit
	}
	return codeLimit
}

func unbreakable(text string, line sourceLine) bool {
	if !line.comment {
		return isOneString(text, line.strings)
	}
	text = strings.TrimSpace(text)
	return directive.MatchString(text) || isOneWord(strings.TrimPrefix(text, "//"))
}

// isOneString says whether the line is wide only because of one string that cannot be broken.
func isOneString(text string, literals []string) bool {
	for _, literal := range literals {
		fits := width(text)-width(literal) <= codeLimit && width(literal) > codeLimit/2
		if fits && (literal[0] == '`' || svgPath.MatchString(literal) || !strings.Contains(literal, " ")) {
			return true
		}
	}
	return false
}
