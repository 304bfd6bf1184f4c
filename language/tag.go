package language

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// tag is a language tag (BCP 47, RFC 5646): its language, script and region, and what comes after
// them. Each is spelled as usual: zh-Hans-CN.
type tag struct{ language, script, region, rest string }

const maxTag = 35 // bytes of a tag: what RFC 5646 § 4.4.1 says suffices

var (
	tagPattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	isScript   = regexp.MustCompile(`^[A-Za-z]{4}$`)
	isRegion   = regexp.MustCompile(`^([A-Za-z]{2}|[0-9]{3})$`)
)

// parseTag returns false for a text that is no tag.
func parseTag(text string) (t tag, ok bool) {
	if len(text) > maxTag || !tagPattern.MatchString(text) {
		return t, false
	}
	subtags := strings.Split(text, "-")
	t.language, subtags = strings.ToLower(subtags[0]), subtags[1:]
	t.language = cmp.Or(renamed[t.language], t.language)
	if len(subtags) > 0 && isScript.MatchString(subtags[0]) {
		t.script, subtags = strings.ToUpper(subtags[0][:1])+strings.ToLower(subtags[0][1:]), subtags[1:]
	}
	if len(subtags) > 0 && isRegion.MatchString(subtags[0]) {
		t.region, subtags = strings.ToUpper(subtags[0]), subtags[1:]
	}
	t.rest = strings.ToLower(strings.Join(subtags, "-"))
	return t, true
}

// renamed are codes of languages that have another one now, and that programs still send.
var renamed = map[string]string{"cmn": "zh", "in": "id", "iw": "he", "ji": "yi", "no": "nb"}

// String returns the tag.
func (t tag) String() string {
	text := t.language
	for _, subtag := range []string{t.script, t.region, t.rest} {
		if subtag != "" {
			text += "-" + subtag
		}
	}
	return text
}

// parent returns the tag without its last subtag, and false for a mere language (RFC 4647 § 3.4).
func (t tag) parent() (tag, bool) {
	switch {
	case t.rest != "":
		i := max(0, strings.LastIndexByte(t.rest, '-'))
		if t.rest = t.rest[:i]; i >= 2 && t.rest[i-2] == '-' { // a singleton such as u or x goes too
			t.rest = t.rest[:i-2]
		} else if i == 1 {
			t.rest = ""
		}
	case t.region != "":
		t.region = ""
	case t.script != "":
		t.script = ""
	default:
		return t, false
	}
	return t, true
}

// writtenIn returns the script of the tag, also of one that does not say it, if it matters: people
// who read one script of the language may not read the other.
func (t tag) writtenIn() string {
	switch {
	case t.script != "":
		return t.script
	case t.language == "zh" && slices.Contains([]string{"TW", "HK", "MO"}, t.region):
		return "Hant"
	case t.language == "zh":
		return "Hans"
	case t.language == "sr" && t.region == "ME":
		return "Latn"
	case t.language == "sr":
		return "Cyrl"
	}
	return ""
}

var (
	rightToLeftScripts = []string{"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"}

	// rightToLeft are languages that are usually written in one of these scripts.
	rightToLeft = []string{
		"ar", "arc", "arz", "azb", "bal", "bqi", "ckb", "dv", "fa", "glk", "he", "khw", "ks", "lrc", "mzn", "nqo",
		"pnb", "prs", "ps", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
	}
)

func (t tag) isRightToLeft() bool {
	if t.script != "" {
		return slices.Contains(rightToLeftScripts, t.script)
	}
	return slices.Contains(rightToLeft, t.language)
}
