package cardea

import (
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/internal/expiring"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/oauth"
)

// emailMethod signs people in with a mail.
type emailMethod struct {
	*EmailProvider
	tokens         emailTokens
	secrets        []string          // of the site, the first one for new links
	addressLimiter *expiring.Limiter // mails to one address
	clientLimiter  *expiring.Limiter // mails that one client asks for
	codeLimiter    *expiring.Limiter // codes that are tried for one address, in any browser
}

func newEmailMethod(p *EmailProvider, store TokenStore, secrets []string) *emailMethod {
	p = p.withDefaults()
	return &emailMethod{
		EmailProvider:  p,
		tokens:         emailTokens{store: store, maxAge: p.MaxAge, codeMaxAge: p.CodeMaxAge},
		secrets:        secrets,
		addressLimiter: expiring.NewLimiter(p.AddressLimit.Count, p.AddressLimit.Within),
		clientLimiter:  expiring.NewLimiter(p.ClientLimit.Count, p.ClientLimit.Within),
		codeLimiter:    expiring.NewLimiter(codeLimit.Count, codeLimit.Within),
	}
}

// signIn sends a mail to the address that the visitor typed. The answer is the same whether or not
// the address belongs to a user.
func (m *emailMethod) signIn(e *exchange) error {
	ctx := e.r.Context()
	email, err := m.Normalize(e.form["email"])
	if err != nil || email == "" || email != emailaddr.Clean(email) {
		return fail(CodeEmailSignIn, "the visitor typed a text that is not an e-mail address")
	}
	if !m.clientLimiter.Allow(e.auth.origins.client(e.r), e.now) || !m.addressLimiter.Allow(email, e.now) {
		return fail(CodeRateLimited, "too many mails for this client or address; see ClientLimit and AddressLimit")
	}
	owner := m.identity(email, "")
	owner.verificationRequest = true
	if to, err := e.askApplication(ctx, owner); err != nil {
		return err
	} else if to != "" {
		return e.redirect(e.redirectTarget(to))
	}

	r, token, code := newMailRequest(m.ID, email, e.callbackURL, m.secrets[0])
	err = e.auth.config.Adapter.Transact(ctx, func(ctx context.Context) error { return m.tokens.save(ctx, &r, e.now) })
	if err != nil {
		return storeError("store the verification token", err)
	}
	err = m.Send(ctx, &SignInMail{
		To: email, Code: code, MaxAge: m.MaxAge, CodeMaxAge: m.CodeMaxAge, Site: e.origin.String(),
		Theme: e.auth.config.Theme,
		URL:   withQuery(e.callbackEndpoint(m.ID), "callbackUrl", e.callbackURL, "token", token, "email", email),
	})
	if err != nil {
		return fail(codeEmailSend, "%w", redactSecrets(err, email, token, code))
	}
	if err := m.saveRequest(e, &r); err != nil {
		return err
	}
	e.auth.log.InfoContext(ctx, "cardea: sign-in mail sent", "provider", m.ID, "remote", e.r.RemoteAddr)
	return e.redirect(e.verifyPage())
}

// redactSecrets returns err. If the text of err contains one of the secrets, it returns another
// error, because the secrets must not be logged. The answer of a mail server often repeats the
// address.
func redactSecrets(err error, secrets ...string) error {
	text := strings.ToLower(err.Error())
	for _, s := range secrets {
		if strings.Contains(text, strings.ToLower(s)) {
			return errors.New("send the mail: the error is not logged, because it repeats what was in the mail")
		}
	}
	return err
}

// getCallback serves the link of a mail. In the browser that asked for the mail it signs in. In any
// other browser it asks first and changes nothing, because programs that scan mails open the links
// in them.
func (m *emailMethod) getCallback(e *exchange) error {
	email, token := e.query("email"), e.query("token")
	if same, err := m.Normalize(email); err != nil || same != email || len(token) != linkTokenLength {
		return fail(CodeVerification, "the link is not complete") // so that no text from a made-up link is shown
	}
	if r, ok := m.request(e); ok && r.Email == email && m.isLink(r, token) {
		return m.redeemLink(e, email, token)
	}
	return e.page().Confirm(e.w, page.Confirm{
		Site: e.origin.String(), Action: e.callbackEndpoint(m.ID), CSRFToken: e.csrfToken, CallbackURL: e.callbackURL,
		Email: email, Token: token,
	})
}

// isLink reports whether the token is that of the link in the mail.
func (m *emailMethod) isLink(r *mailRequest, token string) bool {
	for _, secret := range m.secrets {
		if equalSecrets(saltedHash(token, secret), r.LinkHash) {
			return true
		}
	}
	return false
}

// postCallback accepts a confirmed link, or a code that the visitor typed.
func (m *emailMethod) postCallback(e *exchange) error {
	if token, sent := e.form["token"]; sent {
		return m.redeemLink(e, e.form["email"], token)
	}
	return m.redeemCode(e)
}

// redeemLink signs in with the link of a mail to that address.
func (m *emailMethod) redeemLink(e *exchange, email, token string) error {
	link, err := m.consumeLink(e, email, token)
	if errors.Is(err, errUsed) {
		return fail(CodeVerification, "the link %w", err)
	} else if err != nil {
		return err
	}
	if r, ok := m.request(e); ok && m.isLink(r, token) {
		e.jar.Clear(e.names.Mail)
	}
	return m.finish(e, link, e.callbackURL)
}

// consumeLink consumes the link with that token, which may have been hashed with a previous secret.
func (m *emailMethod) consumeLink(e *exchange, email, token string) (link *VerificationToken, err error) {
	if email == "" || len(token) != linkTokenLength {
		return nil, errUsed
	}
	for _, secret := range m.secrets {
		link, err = m.tokens.consume(e.r.Context(), email, saltedHash(token, secret), e.now)
		if !errors.Is(err, errUsed) {
			break
		}
	}
	return link, err
}

// redeemCode signs in with the code of the latest mail that this browser requested.
func (m *emailMethod) redeemCode(e *exchange) error {
	r, ok := m.request(e)
	if !ok {
		return fail(CodeWrongCode, "this browser has not asked for a mail, or too long ago")
	}
	if !m.codeLimiter.Allow(r.Email, e.now) {
		return fail(CodeRateLimited, "too many codes were tried for one address")
	}
	link, left, err := m.tokens.tryCode(e.r.Context(), r, e.form["code"], e.now)
	if left == 0 && (err == nil || errors.Is(err, errWrongCode)) {
		e.jar.Clear(e.names.Mail)
	}
	if errors.Is(err, errWrongCode) || errors.Is(err, errUsed) {
		return fail(CodeWrongCode, "the code %w; %d tries left", err, left)
	} else if err != nil {
		return err
	}
	return m.finish(e, link, r.CallbackURL)
}

// finish signs in the owner of an address that a link has proven. If the store fails, nobody is
// signed in, and the link is stored again, so that it works once more.
func (m *emailMethod) finish(e *exchange, link *VerificationToken, callbackURL string) error {
	err := e.signIn(m.identity(link.Identifier, callbackURL))
	if err != nil && codeOf(err) == codeAdapter {
		// If this fails as well, the visitor has to ask for another mail.
		_ = m.tokens.store.CreateVerificationToken(context.WithoutCancel(e.r.Context()), link)
	}
	return err
}

// identity returns the owner of an address. The account is not stored, because the address belongs
// to the user.
func (m *emailMethod) identity(email, callbackURL string) identity {
	return identity{
		profile:     &oauth.Profile{ID: email, Email: email, EmailVerified: true},
		account:     &Account{Type: TypeEmail, Provider: m.ID, ProviderAccountID: email},
		isAddress:   true,
		adopt:       m.Adopt,
		callbackURL: callbackURL,
	}
}

// maxStoredURL is the length of the longest callback URL that fits into the cookie. If the URL is
// longer, the code leads to the start page of the site. The link contains the URL in any case.
const maxStoredURL = 2048

// saveRequest sets the cookie that marks the browser as the one that asked for the mail. A later
// request replaces an earlier one.
func (m *emailMethod) saveRequest(e *exchange, r *mailRequest) error {
	if len(r.CallbackURL) > maxStoredURL {
		r.CallbackURL = ""
	}
	value, err := e.auth.sealer.Seal(e.names.Mail, map[string]any{
		"provider": r.Provider, "email": r.Email, "link": r.LinkHash, "code": r.CodeHash, "callbackUrl": r.CallbackURL,
	}, e.now, m.MaxAge)
	if err != nil {
		return fail(codeOAuthSignIn, "encrypt the request for a mail: %w", err)
	}
	c := cookie.Cookie{
		Name: e.names.Mail, Value: value, MaxAge: int(m.MaxAge.Seconds()), Expires: e.now.Add(m.MaxAge),
	}
	if err := e.jar.Set(c); err != nil {
		return fail(codeOAuthSignIn, "set the cookie of the request for a mail: %w", err)
	}
	return nil
}

// request returns the latest request for a mail that this browser made.
func (m *emailMethod) request(e *exchange) (*mailRequest, bool) {
	value := e.jar.Get(e.names.Mail)
	if value == "" {
		return nil, false
	}
	opened, err := e.auth.sealer.Open(e.names.Mail, value, e.now)
	if err != nil {
		return nil, false
	}
	c := oauth.Claims(opened)
	r := &mailRequest{
		Provider: c.String("provider"), Email: c.String("email"), CallbackURL: c.String("callbackUrl"),
		LinkHash: c.String("link"), CodeHash: c.String("code"),
	}
	return r, r.Provider == m.ID && r.Email != "" && r.LinkHash != "" && r.CodeHash != ""
}

// fillVerifyRequest adds the form for the code to the page, if this browser asked for the mail.
func (m *emailMethod) fillVerifyRequest(e *exchange, data *page.VerifyRequest) {
	base := e.auth.config.BasePath
	data.ResendAction = base + "/signin/" + m.ID
	if r, ok := m.request(e); ok {
		data.CodeAction, data.CSRFToken, data.Email = base+"/callback/"+m.ID, e.csrfToken, r.Email
		data.CallbackURL = r.CallbackURL
	}
}
