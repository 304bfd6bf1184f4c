package cardea

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/oauth"
)

// emailMethod signs people in with a mail.
type emailMethod struct {
	*EmailProvider
	tokens  emailTokens
	secrets []string // of the site, the first one for new links
}

func newEmailMethod(p *EmailProvider, store TokenStore, secrets []string) *emailMethod {
	p = p.withDefaults()
	return &emailMethod{
		EmailProvider: p,
		tokens:        emailTokens{store: store, maxAge: p.MaxAge, codeMaxAge: p.CodeMaxAge},
		secrets:       secrets,
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
	if err := e.auth.counter.take(ctx, e.now, m.mailBudgets(e, email)...); err != nil {
		return err
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
	m.deleteExpired(e)
	err = m.Send(ctx, &SignInMail{
		To: email, Code: code, MaxAge: m.MaxAge, CodeMaxAge: m.CodeMaxAge, Site: e.origin.String(),
		Theme: e.auth.config.Theme,
		URL:   m.link(e, token, email),
	})
	if err != nil {
		return fail(codeEmailSend, "%w", redactSecrets(err, email, token, code))
	}
	if err := m.saveRequest(e, &r); err != nil {
		return err
	}
	e.auth.log.InfoContext(ctx, "cardea: sign-in mail sent", "provider", m.ID, "remote", e.remote())
	return e.redirect(e.verifyPage())
}

// mailBudgets are those of a mail to an address.
func (m *emailMethod) mailBudgets(e *exchange, email string) []budget {
	return append(e.clientBudgets("EmailProvider.ClientLimit", m.ID, m.ClientLimit),
		budget{"EmailProvider.AddressLimit", m.ID + " " + email, m.AddressLimit})
}

// codeBudgets are those of a try to guess the code of a mail to an address. Codes of other
// addresses count too: somebody who asks for mails to many addresses may guess one of many codes.
func (m *emailMethod) codeBudgets(e *exchange, email string) []budget {
	limits := e.auth.config.Limits
	return append(e.clientBudgets("Limits.Client", "", limits.Client),
		budget{"Limits.Address", email, limits.Address}, budget{"Limits.Site", "", limits.Site})
}

// link returns the link of a mail. As in a link of Auth.js the address, which only Auth.js needs,
// is last: mail programs cut off the end of a link, or take the full stop behind it as a part.
func (m *emailMethod) link(e *exchange, token, email string) string {
	return withQuery(e.callbackEndpoint(m.ID), "callbackUrl", e.callbackURL, "token", token) + "&email=" +
		url.QueryEscape(email)
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
// in them. It also asks if the link contains another address than its token. A visitor who is
// signed in with the address has reloaded the page or gone back, and is sent on.
func (m *emailMethod) getCallback(e *exchange) error {
	token, given := e.query("token"), e.query("email")
	email, err := m.recipient(e, token, given)
	if err != nil {
		return err
	}
	if !m.isAnother(given, email) {
		if r, ok := m.request(e); ok && r.Email == email && m.isLink(r, token) {
			return m.redeemLink(e, email, token)
		}
		if isOwner, err := m.isSignedIn(e, email); err != nil {
			return err
		} else if isOwner {
			return restart{e}.goOn()
		}
	}
	return e.page().Confirm(e.w, page.Confirm{
		Site: e.origin.String(), Action: e.callbackEndpoint(m.ID), CSRFToken: e.csrfToken, CallbackURL: e.callbackURL,
		Email: email, Token: token,
	})
}

// isSignedIn reports whether the visitor is signed in as the user who has proven the address.
func (m *emailMethod) isSignedIn(e *exchange, email string) (bool, error) {
	session, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err != nil {
		return false, err
	}
	u, err := e.auth.users.currentUser(e.r.Context(), &identity{session: session})
	if err != nil || u == nil || u.EmailVerified.IsZero() {
		return false, storeError("read the user", err)
	}
	own, err := m.Normalize(u.Email)
	return err == nil && own == email, nil
}

// recipient returns the address to which the link with that token was mailed, or an error if the
// token is incomplete or of another provider.
//
// A token of Auth.js has neither provider nor address. Then the address that came with it counts,
// and the site must not have a second e-mail provider to which the link could belong.
func (m *emailMethod) recipient(e *exchange, token, given string) (string, error) {
	t, ok := parseLinkToken(token)
	switch {
	case !ok:
		return "", fail(CodeVerification, "the link is not complete")
	case t.provider == "" && len(e.auth.mailers()) > 1:
		return "", fail(CodeVerification, "the link does not say which of several e-mail providers has sent it")
	case t.provider == "":
		t.email = strings.ReplaceAll(given, " ", "+") // a mail program has decoded %2B
	case t.provider != m.ID:
		return "", fail(CodeVerification, "the link belongs to another provider")
	}
	if same, err := m.Normalize(t.email); err != nil || same != t.email {
		return "", fail(CodeVerification, "the link contains no address") // so no text of a made-up link is shown
	}
	return t.email, nil
}

func (m *emailMethod) canonicalAddress(address string) (string, error) { return m.Normalize(address) }

// isAnother reports whether the text is an address, but not this one as a mail program may have
// changed it: with another case, other signs, or another percent-encoding.
func (m *emailMethod) isAnother(text, email string) bool {
	same, err := m.Normalize(text)
	return err == nil && same != email && lettersAndDigits(text) != lettersAndDigits(email)
}

// lettersAndDigits returns the letters and digits of a text in lower case, after its
// percent-encoding was undone.
func lettersAndDigits(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		s = decoded
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
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

// postCallback accepts a confirmed link, or a code that the visitor typed. A token that came with
// the address of somebody else stays good (NextAuth CVE-2021-21310).
func (m *emailMethod) postCallback(e *exchange) error {
	if token, sent := e.form["token"]; sent {
		given := e.form["email"]
		email, err := m.recipient(e, token, given)
		if err != nil {
			return err
		}
		if m.isAnother(given, email) {
			return fail(CodeVerification, "the link was changed: it contains another address than its token")
		}
		return m.redeemLink(e, email, token)
	}
	return m.redeemCode(e)
}

// redeemLink signs in with the link of a mail to that address.
func (m *emailMethod) redeemLink(e *exchange, email, token string) error {
	var stored []string
	for _, secret := range m.secrets {
		stored = append(stored, saltedHash(token, secret))
	}
	link, err := m.consumeLink(e, email, stored...)
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

// consumeLink removes a link, which is stored under one of these hashes, together with all other
// links and codes of the address: using one ends the others. Of any number of callers, with any of
// the links, one gets its link; the others get errUsed.
func (m *emailMethod) consumeLink(e *exchange, email string, stored ...string) (*VerificationToken, error) {
	var link *VerificationToken
	err := e.auth.config.Adapter.Transact(e.r.Context(), func(ctx context.Context) (err error) {
		link, err = m.tokens.consumeAll(ctx, email, stored, e.now)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errUsed
	case err != nil:
		return nil, storeError("consume the verification token", err)
	case !e.now.Before(link.Expires):
		m.deleteExpired(e)
		return nil, errUsed
	}
	return link, nil
}

// redeemCode signs in with the code of the latest mail that this browser requested.
func (m *emailMethod) redeemCode(e *exchange) error {
	r, ok := m.request(e)
	if !ok {
		return fail(CodeWrongCode, "this browser has not asked for a mail, or too long ago")
	}
	budgets := m.codeBudgets(e, r.Email)
	if err := e.auth.counter.take(e.r.Context(), e.now, budgets...); err != nil {
		return err
	}
	left, err := m.tokens.tryCode(e.r.Context(), r, e.form["code"], e.now)
	if err == nil {
		e.auth.counter.give(e.r.Context(), budgets...)
	}
	var link *VerificationToken
	if err == nil { // link and code sign in once together
		link, err = m.consumeLink(e, r.Email, r.LinkHash)
	}
	if left == 0 && (err == nil || errors.Is(err, errWrongCode)) {
		e.jar.Clear(e.names.Mail)
	}
	if errors.Is(err, errWrongCode) || errors.Is(err, errUsed) {
		return fail(CodeWrongCode, "the code %w; %d tries left", err, left)
	} else if err != nil {
		return err
	}
	callbackURL := r.CallbackURL
	if e.form["callbackUrl"] != "" { // of the page with the form, which may be of an earlier request
		callbackURL = e.callbackURL
	}
	return m.finish(e, link, callbackURL)
}

// deleteExpired deletes some verification tokens that have expired, of whatever address, so that
// they do not pile up if nobody calls [Auth.PurgeExpired]. Each mail stores two.
func (m *emailMethod) deleteExpired(e *exchange) {
	const some = 10
	if _, err := m.tokens.store.DeleteExpiredVerificationTokens(e.r.Context(), e.now, some); err != nil {
		e.auth.log.WarnContext(e.r.Context(),
			"cardea: expired verification tokens not deleted; the next mail tries again",
			"cause", err)
	}
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
		methods:     []string{methodMail},
		isAddress:   true,
		adopt:       m.Adopt,
		callbackURL: callbackURL,
	}
}

// saveRequest sets the cookie that marks the browser as the one that asked for the mail. A later
// request replaces an earlier one.
func (m *emailMethod) saveRequest(e *exchange, r *mailRequest) error {
	err := cookieRoom{e}.setSealed(e.names.Mail, cookie.Cookie{Name: e.names.Mail}, m.MaxAge, map[string]any{
		"provider": r.Provider, "email": r.Email, "link": r.LinkHash, "code": r.CodeHash, sealedURL: r.CallbackURL,
	})
	if err != nil {
		return fail(codeOAuthSignIn, "the cookie of the request for a mail: %w", err)
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
		data.CallbackURL = e.callbackURL
		if e.callbackURL == e.origin.String() { // there was no room for it in its cookie
			data.CallbackURL = r.CallbackURL
		}
	}
}
