package adaptertest

import (
	"slices"
	"strings"
)

// lookalikes returns strings that a database may confuse with "token" or may fail to store. They
// differ in case, in padding, by a missing end (Zitadel CVE-2026-27840), by a NUL byte, which ends
// a C string, by accents and composition, by characters that end a string in SQL (Bun
// CVE-2024-44906), or by wildcards of LIKE; some are ways to write an empty value (Devise
// CVE-2019-16109, CVE-2013-0233). The first one is "token" itself.
func lookalikes() []string {
	return []string{
		"token", "Token", "TOKEN", "toke", "token ", " token", "token\t", "token\x00", "token\x00x", "toke\u0301n",
		"tok\u00e9n", "\uff54oken", "tokenß", "tokenss",
		"'", "''", `"`, "`", `\`, `\'`, `\') OR 1=1 -- `, "' OR '1'='1", "%", "_oken", "toke%", "?", "$1", ":1", "@p1",
		"0", "null", "\U0001f600",
		strings.Repeat("t", 200),
	}
}

// unusualTexts returns names and addresses of pictures that are longer than some columns (Auth.js'
// tables have 255 characters, pictures up to 2,048 bytes), or have characters that some databases
// lack.
func unusualTexts() []string {
	return []string{
		strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 2048), strings.Repeat("é", 255),
		strings.Repeat("\U0001f600", 100), "Zoë \U0001f469\u200d\U0001f4bb", "李小龍", "Anna\x00", "trailing blank ",
	}
}

// similarIDs returns strings that a database may confuse with id, a number or a UUID, or may fail
// to parse as one. id itself is not among them.
func similarIDs(id string) []string {
	like := []string{
		"", id + " ", " " + id, "\t" + id, "0" + id, "+" + id, "-" + id, id + ".0", id + "e0", "0x" + id, id + "x",
		id + "'", id + "\x00", "{" + id + "}", id + " OR 1=1",
		strings.ReplaceAll(id, "-", ""), strings.ToUpper(id), strings.ToLower(id), "999999999999999999999999",
	}
	return slices.DeleteFunc(like, func(text string) bool { return text == id })
}
