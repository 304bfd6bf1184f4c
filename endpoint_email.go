package cardea

import (
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/page"
)

// postMailRequest sends a mail to the address that the visitor typed. The answer is the same
// whether or not the address has a user.
func (v *exchange) postMailRequest(m *mailer) error {
	ctx := v.r.Context()
	email, err := m.Normalize(v.form["email"])
	if err != nil || email == "" || email != cleanEmail(email) {
		return fail(CodeEmailSignIn, "what was typed is no address that mail can be sent to")
	}
	if !m.clients.allow(v.auth.origins.client(v.r), v.now) || !m.addresses.allow(email, v.now) {
		return fail(CodeRateLimited, "too many mails for one client or to one address")
	}
	arr := v.mailArrival(m, email, "")
	arr.requested = true
	if to, err := v.ask(ctx, arr); err != nil {
		return err
	} else if to != "" {
		return v.redirect(v.target(to))
	}

	r, token, code := newMailRequest(m.EmailProvider, email, v.callbackURL, v.auth.csrf.secrets[0])
	if err := v.auth.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		return m.save(ctx, &r, v.now)
	}); err != nil {
		return storeError("store the verification token", err)
	}
	err = m.Send(ctx, &SignInMail{
		To: email, Code: code, MaxAge: m.MaxAge, CodeMaxAge: m.CodeMaxAge, Site: v.origin.String(),
		Theme: v.auth.config.Theme,
		URL:   withQuery(v.callback(m.ID), "callbackUrl", v.callbackURL, "token", token, "email", email),
	})
	if err != nil {
		return fail(codeEmailSend, "%w", without(err, email, token, code))
	}
	if err := v.keepMailRequest(&r, m); err != nil {
		return err
	}
	v.auth.log.InfoContext(ctx, "cardea: sign-in mail sent", "provider", m.ID, "remote", v.r.RemoteAddr)
	return v.redirect(v.verifyPage())
}

// without is err, unless its text has what no log may hold: a mail server's answer often repeats
// the address.
func without(err error, secrets ...string) error {
	text := strings.ToLower(err.Error())
	for _, s := range secrets {
		if strings.Contains(text, strings.ToLower(s)) {
			return errors.New("send the mail: the error is not told, for it repeats what was in the mail")
		}
	}
	return err
}

// getMailCallback is where the link of a mail leads. In the browser that asked for the mail it
// signs in; anywhere else it asks first, and touches nothing, because programs that look through
// mail open the links in it.
func (v *exchange) getMailCallback(m *mailer) error {
	email, token := v.query("email"), v.query("token")
	if same, err := m.Normalize(email); err != nil || same != email || len(token) != tokenLength {
		return fail(CodeVerification, "the link is not complete") // and whatever stands in its place is shown to nobody
	}
	if r, ok := v.mailRequest(m); ok && r.Email == email && v.isLink(r, token) {
		return v.redeemLink(m, email, token)
	}
	v.jar.Write(v.w.Header())
	return v.auth.pages.Confirm(v.w, page.Confirm{
		Site: v.origin.String(), Action: v.callback(m.ID), CSRFToken: v.csrfToken, CallbackURL: v.callbackURL,
		Email: email, Token: token,
	})
}

// isLink reports whether token is of the link that the request is about.
func (v *exchange) isLink(r *mailRequest, token string) bool {
	for _, secret := range v.auth.csrf.secrets {
		if equal(saltedHash(token, secret), r.Link) {
			return true
		}
	}
	return false
}

// postMailCallback takes a confirmed link, or a code that the visitor typed.
func (v *exchange) postMailCallback(m *mailer) error {
	if token, sent := v.form["token"]; sent {
		return v.redeemLink(m, v.form["email"], token)
	}
	return v.redeemCode(m)
}

// redeemLink signs in whoever has the link of a mail to that address.
func (v *exchange) redeemLink(m *mailer, email, token string) error {
	var row *VerificationToken
	err := errUsed
	if email != "" && len(token) == tokenLength {
		for _, secret := range v.auth.csrf.secrets {
			if row, err = m.consume(v.r.Context(), email, saltedHash(token, secret), v.now); !errors.Is(err, errUsed) {
				break
			}
		}
	}
	if errors.Is(err, errUsed) {
		return fail(CodeVerification, "the link %w", err)
	} else if err != nil {
		return err
	}
	if r, ok := v.mailRequest(m); ok && v.isLink(r, token) {
		v.jar.Clear(v.names.Mail)
	}
	return v.completeByMail(m, row, v.callbackURL)
}

// completeByMail signs in the owner of an address that a link has proven. When the store fails
// meanwhile, and nobody was signed in, the link is put back.
func (v *exchange) completeByMail(m *mailer, link *VerificationToken, callbackURL string) error {
	ctx := v.r.Context()
	err := v.complete(ctx, v.mailArrival(m, link.Identifier, callbackURL))
	if err != nil && codeOf(err) == codeAdapter {
		// if this fails as well, the visitor has to ask for another mail
		_ = m.store.CreateVerificationToken(context.WithoutCancel(ctx), link)
	}
	return err
}

const tokenLength = 64 // hexadecimal digits of the token of a link

// redeemCode signs in who typed the code of the mail that this browser asked for last.
func (v *exchange) redeemCode(m *mailer) error {
	r, ok := v.mailRequest(m)
	if !ok {
		return fail(CodeWrongCode, "this browser has not asked for a mail, or too long ago")
	}
	if !m.guesses.allow(r.Email, v.now) {
		return fail(CodeRateLimited, "too many codes were tried for one address")
	}
	link, left, err := m.tryCode(v.r.Context(), r, v.form["code"], v.now)
	if left == 0 && (err == nil || errors.Is(err, errWrongCode)) {
		v.jar.Clear(v.names.Mail)
	}
	if errors.Is(err, errWrongCode) || errors.Is(err, errUsed) {
		return fail(CodeWrongCode, "the code %w; %d tries left", err, left)
	} else if err != nil {
		return err
	}
	return v.completeByMail(m, link, r.CallbackURL)
}

// mailArrival is the owner of an address. There is no account to keep: the address is the user's
// own.
func (v *exchange) mailArrival(m *mailer, email, callbackURL string) arrival {
	return arrival{
		profile:     &Profile{ID: email, Email: email, EmailVerified: true},
		account:     &Account{Type: TypeEmail, Provider: m.ID, ProviderAccountID: email},
		adopt:       m.Adopt,
		callbackURL: callbackURL,
	}
}

// maxKeptURL is the length of a callback URL that fits into the cookie. After a longer one the code
// leads to the site; the link has it in any case.
const maxKeptURL = 2048

// keepMailRequest sets the cookie by which the browser is known as the one that asked. A later
// request takes the place of an earlier one.
func (v *exchange) keepMailRequest(r *mailRequest, m *mailer) error {
	if len(r.CallbackURL) > maxKeptURL {
		r.CallbackURL = ""
	}
	value, err := v.auth.sealer.Seal(v.names.Mail, map[string]any{
		"provider": r.Provider, "email": r.Email, "link": r.Link, "code": r.Code, "callbackUrl": r.CallbackURL,
	}, v.now, m.MaxAge)
	if err != nil {
		return fail(codeOAuthSignIn, "seal the request for a mail: %w", err)
	}
	c := cookie.Cookie{Name: v.names.Mail, Value: value, MaxAge: int(m.MaxAge.Seconds()), Expires: v.now.Add(m.MaxAge)}
	if err := v.jar.Set(c); err != nil {
		return fail(codeOAuthSignIn, "keep the request for a mail: %w", err)
	}
	return nil
}

// mailRequest is the last request for a mail that this browser made.
func (v *exchange) mailRequest(m *mailer) (*mailRequest, bool) {
	value := v.jar.Get(v.names.Mail)
	if value == "" {
		return nil, false
	}
	claims, err := v.auth.sealer.Open(v.names.Mail, value, v.now)
	if err != nil {
		return nil, false
	}
	c := Claims(claims)
	r := &mailRequest{
		Provider: c.String("provider"), Email: c.String("email"), Link: c.String("link"), Code: c.String("code"),
		CallbackURL: c.String("callbackUrl"),
	}
	return r, r.Provider == m.ID && r.Email != "" && r.Link != "" && r.Code != ""
}

// verifyPage is where the visitor waits for the mail, and types its code.
func (v *exchange) verifyPage() string {
	return withQuery(v.absolute(v.auth.config.BasePath+"/verify-request"), "provider", v.provider, "type",
		string(TypeEmail))
}

// verifyRequest is the built-in page for the visitor to wait on. Only in the browser that asked for
// a mail it takes a code.
func (v *exchange) verifyRequest() page.VerifyRequest {
	data := page.VerifyRequest{Site: v.origin.String(), Error: v.query("error")}
	m, ok := v.auth.mailers[v.query("provider")]
	if !ok {
		return data
	}
	data.ResendAction = v.auth.config.BasePath + "/signin/" + m.ID
	if r, ok := v.mailRequest(m); ok {
		data.CodeAction, data.CSRFToken, data.Email = v.auth.config.BasePath+"/callback/"+m.ID, v.csrfToken, r.Email
		data.CallbackURL = r.CallbackURL
	}
	return data
}
