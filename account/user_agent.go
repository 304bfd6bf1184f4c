package account

import (
	"strings"

	"github.com/cardea-auth/cardea/language"
)

// token is a part of a User-Agent header, and the name of what it stands for: one that is the same
// in all languages, or the key of a text.
type token struct{ part, name string }

// browsers are in an order in which the first match is right: most browsers name others, too.
var browsers = []token{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"},
	{"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
	{"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	{"Go-http-client/", "devices.go"}, {"okhttp/", "devices.android"}, {"CFNetwork/", "devices.apple"},
}

// systems are in an order like that of browsers.
var systems = []token{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
	{"Macintosh", "Mac"}, {"Linux", "Linux"}, {"X11", "Unix"},
}

// device names the browser and the system of a User-Agent header for people. The client chooses the
// header, so nothing else may depend on it.
func device(t *language.Texts, userAgent string) string {
	browser, system := t.Text(find(browsers, userAgent)), find(systems, userAgent)
	switch {
	case browser == "" && system == "":
		return t.Text("devices.nameless")
	case system == "":
		return browser
	case browser == "":
		return system
	}
	return t.Text("devices.on", "browser", browser, "system", system)
}

func find(tokens []token, userAgent string) string {
	for _, t := range tokens {
		if strings.Contains(userAgent, t.part) {
			return t.name
		}
	}
	return ""
}
