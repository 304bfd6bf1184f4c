package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"log"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

// site is the web site at which the users of the program sign in.
type site struct {
	auth    *cardea.Auth
	factors *factor.Feature
	tokens  cardea.TokenStore // keeps the codes
}

const fresh = 15 * time.Minute

func (s *site) routes() http.Handler {
	pages := http.NewServeMux()
	// The session of the program begins now, so the visitor must have signed in a short time ago.
	pages.Handle("GET /cli", s.auth.RequireFresh(fresh, s.requireApp(cardea.Handle(s.auth, s.ask))))
	pages.Handle("POST /cli", s.auth.RequireFresh(fresh, s.requireApp(cardea.Handle(s.auth, s.allow))))
	pages.HandleFunc("POST /cli/session", s.start)
	pages.Handle("GET /api/me", cardea.Handle(s.auth, me))

	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.auth)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(pages))
	return mux
}

// requireApp lets whoever has an authenticator app pass only with a session that has proven it. One
// of a remembered device has not, and the program could not ask for the code.
func (s *site) requireApp(next http.Handler) http.Handler {
	level2 := s.auth.RequireLevel(2, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		has, err := s.factors.Has(r.Context(), cardea.SessionFrom(r.Context()).UserID)
		switch {
		case err != nil:
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		case has:
			level2.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ask asks whether a program on the visitor's computer may sign in as the visitor.
func (s *site) ask(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	if _, err := requestOf(r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	question.Execute(w, u) // fails only if the visitor has left
}

var question = template.Must(template.New("").Parse(`<!DOCTYPE html>
<title>Sign in the program</title>
<form method="post">
<p>A program on this computer wants to sign in as {{.Name}}. Have you just started it?</p>
<button>Yes, sign it in</button>
</form>
`))

// allow sends a code to the program, which listens on this computer.
func (s *site) allow(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	req, err := requestOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	code := rand.Text() + "." + cardea.SessionFrom(r.Context()).ID() + "." + u.ID
	err = s.tokens.CreateVerificationToken(r.Context(), &cardea.VerificationToken{
		Identifier: "cli:" + u.ID, Token: hash(code + " " + req.challenge), Expires: time.Now().Add(time.Minute),
	})
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	query := url.Values{"code": {code}, "state": {req.state}}
	http.Redirect(w, r, "http://127.0.0.1:"+req.port+"/?"+query.Encode(), http.StatusSeeOther)
}

// start begins a session of the program that has the code and the verifier of the challenge.
func (s *site) start(w http.ResponseWriter, r *http.Request) {
	code, verifier := r.PostFormValue("code"), r.PostFormValue("verifier")
	_, of, _ := strings.Cut(code, ".")
	session, id, _ := strings.Cut(of, ".")
	t, err := s.tokens.ConsumeVerificationToken(r.Context(), "cli:"+id, hash(code+" "+hash(verifier)))
	switch {
	case errors.Is(err, cardea.ErrNotFound) || err == nil && time.Now().After(t.Expires):
		http.Error(w, "The code is not valid.", http.StatusForbidden)
		return
	case err != nil:
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	methods, err := s.methodsOf(r.Context(), id, session)
	if err == nil {
		_, err = s.auth.SignIn(w, r, cardea.Proof{
			UserID: id, Provider: "cli", Methods: methods,
			Within: func(ctx context.Context, u *cardea.User) error {
				_, err := s.methodsOf(ctx, u.ID, session) // again, under the lock of the user
				return err
			},
		})
	}
	if refused, ok := errors.AsType[*cardea.Error](err); ok {
		http.Error(w, "You may not sign in: "+string(refused.Code), http.StatusForbidden)
		return
	} else if err != nil {
		log.Printf("cli: start a session: %v", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// methodsOf returns how the user has signed in to the session that allowed the code. If it has
// ended meanwhile, the error denies the sign-in: a thief who was signed out everywhere must not
// come back with a code.
func (s *site) methodsOf(ctx context.Context, userID, id string) ([]string, error) {
	sessions, err := s.auth.Sessions(ctx, userID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(sessions, func(session *cardea.Session) bool { return session.ID() == id })
	if i < 0 {
		return nil, &cardea.Error{Code: cardea.CodeAccessDenied}
	}
	return sessions[i].Methods, nil
}

// request is what the program asks for in the URL of the page.
type request struct{ port, challenge, state string }

var unreserved = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func requestOf(r *http.Request) (request, error) {
	q := r.URL.Query()
	req := request{q.Get("port"), q.Get("challenge"), q.Get("state")}
	port, err := strconv.ParseUint(req.port, 10, 16)
	if err != nil || port == 0 || !unreserved.MatchString(req.challenge) || !unreserved.MatchString(req.state) {
		return request{}, errors.New("the link of the program is not complete")
	}
	return req, nil
}

// hash is the method S256 of RFC 7636 § 4.2.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func me(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8") // net/http would take some names for HTML
	w.Write([]byte(u.Name))                                     // fails only if the client has left
}
