// Package configerr collects everything that is wrong with a configuration, so that its author
// reads all faults at once and not only the first.
package configerr

import (
	"errors"
	"fmt"
)

// List is the list of faults found in one configuration. Make one with [New]. It is not safe for
// concurrent use.
type List struct {
	prefix string
	faults []error
}

// New returns an empty list. The prefix precedes the field name in each fault and ends with a dot,
// as in "cardea: Config.".
func New(prefix string) *List { return &List{prefix: prefix} }

// Add adds one fault of a field. The format says what is wrong and how to correct it; its verbs are
// those of package fmt.
func (l *List) Add(field, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("%s%s: %s", l.prefix, field, fmt.Sprintf(format, args...)))
}

// AddEach adds an error that describes a field. If err was made by [errors.Join], each of its
// errors becomes a fault. The error must not be nil.
func (l *List) AddEach(field string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			l.AddEach(field, err)
		}
		return
	}
	l.Add(field, "%v", err)
}

// Err returns all faults as one error, one fault a line, or nil if there are none.
func (l *List) Err() error { return errors.Join(l.faults...) }
