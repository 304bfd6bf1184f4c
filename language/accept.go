package language

import (
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// accepted is one item of the header Accept-Language: a language range and its weight (RFC 9110 §
// 12.5.4).
type accepted struct {
	tag    tag
	any    bool // the range *
	weight int  // in thousandths
}

const maxAccepted = 32 // items of the header that are read, whether they are language ranges or not

var weightPattern = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// Match returns the language of the set that a visitor prefers, by the values of the header
// Accept-Language, and the first one of the set if there is none. What is no language range is
// ignored. The rules are those of a lookup (RFC 4647 § 3.4), and a visitor who asks for another
// region of a language gets the one that there is.
func (s *Set) Match(header ...string) *Texts {
	if len(s.offered) == 1 || len(header) == 0 {
		return s.offered[0]
	}
	wants := parseAccept(header)
	left := slices.DeleteFunc(slices.Clone(s.offered), func(t *Texts) bool { return refuses(wants, t.tag) })
	for _, w := range wants {
		switch {
		case w.weight == 0 || len(left) == 0:
		case w.any:
			return left[0]
		default:
			if t := w.tag.best(left); t != nil {
				return t
			}
		}
	}
	if len(left) > 0 {
		return left[0]
	}
	return s.offered[0]
}

// parseAccept returns the items of the header, the preferred first.
func parseAccept(header []string) (wants []accepted) {
	for item := range firstItems(header) {
		if w, ok := parseItem(item); ok {
			wants = append(wants, w)
		}
	}
	slices.SortStableFunc(wants, func(a, b accepted) int { return b.weight - a.weight })
	return wants
}

// firstItems yields the first items of the header. A visitor may send a megabyte of them.
func firstItems(header []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		left := maxAccepted
		for _, value := range header {
			for item := range strings.SplitSeq(value, ",") {
				if left == 0 || !yield(item) {
					return
				}
				left--
			}
		}
	}
}

func parseItem(item string) (w accepted, ok bool) {
	name, parameter, weighted := strings.Cut(item, ";")
	w.weight = 1000
	if weighted {
		q, value, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
		if !strings.EqualFold(q, "q") || !weightPattern.MatchString(value) {
			return w, false
		}
		digits := strings.Replace(value, ".", "", 1)
		w.weight, _ = strconv.Atoi((digits + "000")[:4])
	}
	if name = strings.Trim(name, " \t"); name == "*" {
		w.any = true
		return w, true
	}
	w.tag, ok = parseTag(name)
	return w, ok
}

// refuses reports whether the visitor does not want a language: the longest range to which it
// belongs has the weight 0.
func refuses(wants []accepted, t tag) bool {
	for at, more := t, true; more; at, more = at.parent() {
		for _, w := range wants {
			if !w.any && w.tag == at {
				return w.weight == 0
			}
		}
	}
	return slices.ContainsFunc(wants, func(w accepted) bool { return w.any && w.weight == 0 }) &&
		!slices.ContainsFunc(wants, func(w accepted) bool {
			return !w.any && w.weight > 0 && w.tag.best([]*Texts{{tag: t}}) != nil
		})
}

// best returns the language that suits a range, and nil if none does: the same one, then one
// without the last subtags of the range, then another region of it. The scripts are the same, if
// there is a choice.
func (t tag) best(offered []*Texts) *Texts {
	find := func(suits func(o tag) bool) *Texts {
		if i := slices.IndexFunc(offered, func(o *Texts) bool { return suits(o.tag) }); i >= 0 {
			return offered[i]
		}
		return nil
	}
	readable := func(o tag) bool { return o.language == t.language && o.writtenIn() == t.writtenIn() }
	var shorter *Texts // with another script
	for at, more := t, true; more; at, more = at.parent() {
		same := find(func(o tag) bool { return o == at })
		switch {
		case same != nil && readable(same.tag):
			return same
		case shorter == nil:
			shorter = same
		}
	}
	if readable := find(readable); readable != nil {
		return readable
	}
	return shorter
}
