package cardeatest

import (
	"html/template"
	"net/http"
	"net/url"
)

// formPost is the response mode with which the visitor's browser posts the callback (OAuth 2.0 Form
// Post Response Mode).
const formPost = "form_post"

// The button is for browsers without JavaScript, as in section 4 of the specification.
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
	// An error means that the client has gone.
	postedCallback.Execute(w, map[string]any{"Action": action, "Fields": fields})
}
