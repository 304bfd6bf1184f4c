package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/cardea-auth/cardea/internal/translation"
	"github.com/cardea-auth/cardea/language"
)

// texts prints the texts of a language, English by default, as a JSON object, which is what a
// translator begins with.
func texts(args []string, stdout io.Writer) error {
	tag := "en"
	switch len(args) {
	case 0:
	case 1:
		tag = args[0]
	default:
		return usageError(fmt.Sprintf("texts takes one language, got %d arguments", len(args)))
	}
	all := language.BuiltIn(tag)
	if all == nil {
		return usageError(fmt.Sprintf("there are no texts in %q; built in are %s", tag,
			strings.Join(translation.Tags(), ", ")))
	}
	e := json.NewEncoder(stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
