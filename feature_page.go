package cardea

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
)

// featurePage writes pages of features.
type featurePage struct{ *exchange }

// write answers with a page of parts.
func (e featurePage) write(title string, parts ...page.Part) error {
	if e.fromHTMX() && e.r.Method == http.MethodGet {
		return htmx(e).openPage()
	}
	return e.page().Document(e.w, page.Document{
		Site: e.origin.String(), Title: title, CSRFToken: e.csrfToken, CallbackURL: e.callbackURL, Parts: parts,
	})
}

// part returns a page of a feature as a part of a page.
func (e featurePage) part(id string, p feature.Page) page.Part {
	part := page.Part{ID: id, Heading: p.Title, Error: p.Error, Text: p.Text, HTML: p.HTML}
	for _, f := range p.Forms {
		form := page.PartForm{Text: f.Text, Action: e.basePath + "/" + f.Path, Button: f.Button, Username: f.Username}
		for _, name := range slices.Sorted(maps.Keys(f.Hidden)) {
			form.Hidden = append(form.Hidden, page.Hidden{Name: name, Value: f.Hidden[name]})
		}
		for _, input := range f.Fields {
			form.Fields = append(form.Fields, page.Field(input))
		}
		part.Forms = append(part.Forms, form)
	}
	return part
}

// refuse answers a form that cannot be accepted: a program with the code, a browser with the
// application's own page if there is one, and otherwise with the page that repeats the form.
func (e featurePage) refuse(p feature.Page) error {
	own := p.Own
	if own == "" && p.Refusal.Path == accountPath {
		own = e.auth.config.Pages.Account
	}
	to := e.endpoint("/" + p.Refusal.Path)
	if own != "" {
		to = e.absolute(own)
	}
	if p.Refusal.Error == feature.CodeStepUp {
		return e.stepUp(to, p.Refusal)
	}
	to = withQuery(to, "error", p.Refusal.Error)
	switch {
	case program(e).sent():
		program(e).refuse(to, p.Refusal)
		return nil
	case own != "":
		return e.redirect(to)
	}
	return e.write(p.Title, e.part("", p))
}

// stepUp leads a visitor whose session is too weak for a form to where they prove more.
func (e featurePage) stepUp(to string, r *feature.Refusal) error {
	if !(program(e).sent()) {
		return e.redirect(to)
	}
	e.w.Header().Set("WWW-Authenticate", stepUp{level: 2}.challenge())
	program(e).answer(http.StatusUnauthorized, to, r.Error, r.Message)
	return nil
}

// ownPages are the application's pages in the place of those of features.
type ownPages struct{ auth *Auth }

// check calls add with what is wrong with the page of a rule.
func (o ownPages) check(r feature.Rule, add func(format string, args ...any)) {
	own := r.Own.Page
	u, err := url.Parse(own)
	switch {
	case own == "":
	case err != nil || !isPage(own):
		add("want a path such as /signup or a URL of one of Config.TrustedOrigins, have %q", own)
	case o.auth.config.isEndpoint(own, "/"+r.Path):
		add("is the built-in page, which would redirect to itself; leave it empty")
	case u.IsAbs() && !o.auth.origins.isSite(u) && !o.auth.origins.trustsOrigin(u):
		add("%s is not on the origin of this site: its forms would get MissingCSRF; use a path, or add the origin to "+
			"Config.TrustedOrigins", own)
	}
}

// successOf returns what the query parameter success says was done, and the zero value if it has
// none of the values of the site's features: anybody can make a link with any text.
func successOf(e *exchange) feature.Success {
	all, value := e.auth.features.successes, e.query("success")
	if i := slices.IndexFunc(all, func(s feature.Success) bool { return s.Value == value }); i >= 0 {
		return all[i]
	}
	return feature.Success{}
}

// accountRoute is the account page, GET account, which shows the sections of the features.
func accountRoute(a *Auth) route {
	sections := slices.Clone(a.features.sections)
	slices.SortStableFunc(sections, func(x, y feature.Section) int {
		return cmp.Or(cmp.Compare(x.Order, y.Order), cmp.Compare(x.ID, y.ID))
	})
	h := &Host{auth: a}
	show := func(_ http.ResponseWriter, r *http.Request) error {
		e := featurePage{requestOf(r.Context(), h)}
		if own := a.config.Pages.Account; own != "" {
			return e.redirect(withQuery(e.absolute(own),
				"error", e.query("error"), "success", successOf(e.exchange).Value))
		}
		var parts []page.Part
		for _, s := range sections {
			content, err := s.Content(r.Context())
			if err != nil {
				return applicationError(CodeConfiguration, "section "+s.ID, err)
			}
			if code := e.query("error"); content.Error == "" && code != "" && s.Fault != nil {
				content.Error = s.Fault(r.Context(), code)
			}
			parts = append(parts, e.part(s.ID, content))
		}
		return e.write(language.Of(r.Context()).Text("account.page"), parts...)
	}
	rule := feature.Rule{
		Method: http.MethodGet, Path: accountPath, Sender: feature.SenderAnybody, Visitor: feature.VisitorSignedIn,
	}
	return route{
		method: rule.Method, action: rule.Path, path: rule.Path,
		serve: featureEndpoint{host: h, rule: rule, handler: show}.serve,
	}
}
