package adaptertest

import (
	"slices"
	"strings"
)

// lookalikes are texts that databases take for "token", or stumble over: by case, by padding, by a
// missing end (Zitadel CVE-2026-27840), by a NUL byte that ends a C string, by accents and
// composition, by what ends a text in SQL (Bun CVE-2024-44906), by the wildcards of LIKE, and by
// the ways to write nothing (Devise CVE-2019-16109, CVE-2013-0233). The first one is "token"
// itself.
func lookalikes() []string {
	return []string{
		"token", "Token", "TOKEN", "toke", "token ", " token", "token\t", "token\x00", "token\x00x", "toke\u0301n",
		"tok\u00e9n", "\uff54oken", "tokenß", "tokenss",
		"'", "''", `"`, "`", `\`, `\'`, `\') OR 1=1 -- `, "' OR '1'='1", "%", "_oken", "toke%", "?", "$1", ":1", "@p1",
		"0", "null", "\U0001f600",
		strings.Repeat("t", 200),
	}
}

// likeID are texts that databases take for the id, which may be a number or a UUID, or fail to read
// as one.
func likeID(id string) []string {
	like := []string{
		"", id + " ", " " + id, "\t" + id, "0" + id, "+" + id, "-" + id, id + ".0", id + "e0", "0x" + id, id + "x",
		id + "'", id + "\x00", "{" + id + "}", id + " OR 1=1",
		strings.ReplaceAll(id, "-", ""), strings.ToUpper(id), strings.ToLower(id), "999999999999999999999999",
	}
	return slices.DeleteFunc(like, func(text string) bool { return text == id })
}
