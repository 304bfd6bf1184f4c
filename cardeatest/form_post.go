package cardeatest

import (
	"html/template"
	"net/http"
	"net/url"
)

// formPost is the response mode in which the visitor's browser posts the callback (OAuth 2.0 Form
// Post Response Mode).
const formPost = "form_post"

// The button is for browsers without scripts, as section 4 of the specification has it.
var postedCallback = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Signing in</title></head>
<body onload="document.forms[0].submit()">
<form method="post" action="{{.Action}}">
{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<button>Continue</button>
</form>
</body>
</html>
`))

func servePostedCallback(w http.ResponseWriter, action string, fields url.Values) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// an error here is the client's going away
	postedCallback.Execute(w, map[string]any{"Action": action, "Fields": fields})
}
