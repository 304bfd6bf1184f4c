package main

import (
	"regexp"
	"strings"
)

var (
	fence    = regexp.MustCompile("^\\s*(```+|~~~+)")
	listItem = regexp.MustCompile(`^\s*([-*+]|\d+[.)])\s+`)
	codeSpan = regexp.MustCompile("`[^`]*`")
	quote    = regexp.MustCompile(`^(\s*>)+\s*`)
)

// markdown is the state that the lines read so far leave for the next one.
type markdown struct {
	fence       string // the fence that ends the open code block, or ""
	inParagraph bool   // the last line was text, and an indented line continues it
	content     int    // the column at which the text of the last list item begins, or 0
}

// checkMarkdown returns the lines of a Markdown file that are too wide.
func checkMarkdown(text string) []wideLine {
	var wide []wideLine
	var state markdown
	for i, line := range strings.Split(text, "\n") {
		limit := proseLimit
		if state.inCode(line) {
			limit = codeLimit
		}
		if width(line) > limit && (limit == codeLimit || !isWhole(line)) {
			wide = append(wide, wideLine{i + 1, width(line), limit})
		}
	}
	return wide
}

// inCode says whether line, the next one, belongs to a code block.
func (m *markdown) inCode(line string) bool {
	trimmed := strings.TrimSpace(line)
	if m.fence != "" {
		if strings.HasPrefix(trimmed, m.fence) {
			m.fence = ""
		}
		return true
	}
	if match := fence.FindStringSubmatch(line); match != nil {
		m.fence, m.inParagraph = match[1], false
		return true
	}
	if trimmed == "" {
		m.inParagraph = false
		return false
	}
	return m.isIndentedCode(line)
}

func (m *markdown) isIndentedCode(line string) bool {
	indent := width(line[:len(line)-len(strings.TrimLeft(line, " \t"))])
	if !m.inParagraph && indent >= m.content+4 {
		return true
	}
	if item := listItem.FindString(line); item != "" {
		m.content = width(item)
	} else if indent == 0 && !m.inParagraph {
		m.content = 0
	}
	m.inParagraph = true
	return false
}

// isWhole says whether a line of Markdown cannot be broken.
func isWhole(line string) bool {
	line = strings.TrimSpace(line)
	for _, start := range []string{"|", "<", "[!["} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return isOneWord(quote.ReplaceAllString(line, ""))
}

// isOneWord says whether text is one word, or a bullet and one word, or a link definition.
func isOneWord(text string) bool {
	text = strings.TrimSpace(text)
	if linkDefinition.MatchString(text) {
		return true
	}
	text = codeSpan.ReplaceAllString(listItem.ReplaceAllString(text, ""), "x")
	return len(strings.Fields(text)) == 1
}
