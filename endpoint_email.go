package cardea

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/language"
)

// mailSignIn signs people in with a mail. It uses the site as features do, through Host alone.
type mailSignIn struct {
	*EmailProvider
	host      *Host
	addresses feature.Addresses
	codes     mailCodes
}

func newMailSignIn(h *Host, p *EmailProvider) *mailSignIn {
	addresses := h.Addresses(p.Normalize, p.Adopt)
	return &mailSignIn{p, h, addresses, mailCodes{addresses, h.Now}}
}

func (m *mailSignIn) way() feature.Way {
	return feature.Way{
		ID: m.ID, Name: m.Name, Style: m.Style, Start: m.start, Return: m.open, Finish: m.finish, Mailed: m.mailed,
	}
}

// start sends a mail to the address that the visitor typed. The answer is the same whether or not
// the address belongs to a user.
func (m *mailSignIn) start(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	email, err := m.Normalize(m.host.Form(ctx)["email"])
	if err != nil || email == "" || email != emailaddr.Clean(email) {
		return fail(CodeEmailSignIn, "the visitor typed a text that is not an e-mail address")
	}
	err = m.addresses.TakeMail(ctx, email, feature.MailLimits{
		Name: "EmailProvider", Address: m.AddressLimit, Client: m.ClientLimit,
	})
	if err != nil {
		return err
	}
	if to, err := m.addresses.Ask(ctx, email); err != nil {
		return err
	} else if to != "" {
		return m.host.Redirect(ctx, to)
	}

	token := newLinkToken(m.ID, email).String()
	request, code := newMailRequest(email, m.host.CallbackURL(ctx), m.addresses.Hashes(token)[0])
	if err := m.addresses.Add(ctx, email,
		feature.AddressToken{Hash: request.LinkHash, Expires: m.host.Now().Add(m.MaxAge)},
		feature.AddressToken{Hash: request.tryToken(1), Expires: m.host.Now().Add(m.CodeMaxAge)},
	); err != nil {
		return err
	}
	m.deleteExpired(ctx)
	err = m.Send(ctx, &SignInMail{
		To: email, URL: m.link(ctx, token, email), MaxAge: m.MaxAge, Code: code, CodeMaxAge: m.CodeMaxAge,
		Site: m.site(ctx), Theme: m.host.Theme(), Language: language.Of(ctx),
	})
	if err != nil {
		return m.addresses.SendError(err, email, token, code)
	}
	if err := m.addresses.Remember(ctx, m.MaxAge, request.values()); err != nil {
		return err
	}
	return m.addresses.Sent(ctx)
}

// site is the origin of the site.
func (m *mailSignIn) site(ctx context.Context) string {
	u, err := url.Parse(m.host.URL(ctx, ""))
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// link returns the link of a mail. As in a link of Auth.js the address, which only Auth.js needs,
// is last: mail programs cut off the end of a link, or take the full stop behind it as a part.
func (m *mailSignIn) link(ctx context.Context, token, email string) string {
	query := url.Values{"callbackUrl": {m.host.CallbackURL(ctx)}, "token": {token}}.Encode()
	return m.host.URL(ctx, "callback/"+m.ID) + "?" + query + "&email=" + url.QueryEscape(email)
}

// open serves the link of a mail. In the browser that asked for the mail it signs in. In any other
// browser it asks first and changes nothing, because programs that scan mails open the links in
// them. It also asks if the link contains another address than its token. A visitor who is signed
// in with the address has reloaded the page or gone back, and is sent on.
func (m *mailSignIn) open(_ http.ResponseWriter, r *http.Request) error {
	ctx, token, given := r.Context(), lastOf(r, "token"), lastOf(r, "email")
	email, err := m.recipient(token, given)
	if err != nil {
		return err
	}
	if !m.isAnother(given, email) {
		if m.isRequested(ctx, email, token) {
			return m.redeemLink(ctx, email, token, true)
		}
		if isOwner, err := m.isSignedIn(ctx, email); err != nil {
			return err
		} else if isOwner {
			return m.host.Redirect(ctx, "")
		}
	}
	return m.addresses.Confirm(ctx, email, token)
}

// lastOf returns a parameter of the query, the last one if it came several times.
func lastOf(r *http.Request, name string) string {
	values := r.URL.Query()[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// isSignedIn reports whether the visitor is signed in as the user who has proven the address.
func (m *mailSignIn) isSignedIn(ctx context.Context, email string) (bool, error) {
	s, err := m.host.Session(ctx)
	if err != nil || s == nil || s.User.EmailVerified.IsZero() {
		return false, err
	}
	own, err := m.Normalize(s.User.Email)
	return err == nil && own == email, nil
}

// recipient returns the address to which the link with that token was mailed, or an error if the
// token is incomplete or of another provider.
//
// A token of Auth.js has neither provider nor address. Then the address that came with it counts,
// and the site must not have a second e-mail provider to which the link could belong.
func (m *mailSignIn) recipient(token, given string) (string, error) {
	t, ok := parseLinkToken(token)
	switch {
	case !ok:
		return "", fail(CodeVerification, "the link is not complete")
	case t.provider == "" && m.addresses.Shared():
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

// isAnother reports whether the text is an address, but not this one as a mail program may have
// changed it: with another case, other signs, or another percent-encoding.
func (m *mailSignIn) isAnother(text, email string) bool {
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

// isRequested reports whether the token is that of the link in the latest mail for which this
// browser has asked.
func (m *mailSignIn) isRequested(ctx context.Context, email, token string) bool {
	request := m.request(ctx)
	if request == nil || request.Email != email {
		return false
	}
	for _, hash := range m.addresses.Hashes(token) {
		if isEqual(hash, request.LinkHash) {
			return true
		}
	}
	return false
}

// finish accepts a confirmed link, or a code that the visitor typed. A token that came with the
// address of somebody else stays good (NextAuth CVE-2021-21310).
func (m *mailSignIn) finish(_ http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), m.host.Form(r.Context())
	token, sent := form["token"]
	if !sent {
		return m.redeemCode(ctx)
	}
	email, err := m.recipient(token, form["email"])
	if err != nil {
		return err
	}
	if m.isAnother(form["email"], email) {
		return fail(CodeVerification, "the link was changed: it contains another address than its token")
	}
	return m.redeemLink(ctx, email, token, m.isRequested(ctx, email, token))
}

// redeemLink signs in with the link of a mail to that address. If this browser has asked for the
// mail, the link is no invention, and the sign-in uses it up.
func (m *mailSignIn) redeemLink(ctx context.Context, email, token string, isRequested bool) error {
	hashes := m.addresses.Hashes(token)
	if isRequested {
		if err := m.addresses.UseInSignIn(ctx, email, hashes...); err != nil {
			return err
		}
		return m.host.Complete(ctx, m.proof(email))
	}
	link, err := m.use(ctx, email, hashes...)
	if err != nil {
		return err
	}
	return m.signIn(ctx, email, link)
}

// use uses the link that is stored under one of these keys. It ends all other links and codes of
// the address.
func (m *mailSignIn) use(ctx context.Context, email string, hashes ...string) (feature.AddressToken, error) {
	link, err := m.addresses.Use(ctx, email, hashes...)
	if errors.Is(err, ErrNotFound) && !link.Expires.IsZero() {
		m.deleteExpired(ctx)
	}
	return link, err
}

// redeemCode signs in with the code of the latest mail that this browser requested.
func (m *mailSignIn) redeemCode(ctx context.Context) error {
	request := m.request(ctx)
	if request == nil {
		return fail(CodeWrongCode, "this browser has not asked for a mail, or too long ago")
	}
	right, err := m.addresses.Guess(ctx, request.Email)
	if err != nil {
		return err
	}
	form := m.host.Form(ctx)
	left, err := m.codes.try(ctx, request, form["code"])
	if err == nil {
		right()
	}
	var link feature.AddressToken
	if err == nil { // link and code sign in once together
		link, err = m.use(ctx, request.Email, request.LinkHash)
	}
	if left == 0 && (err == nil || errors.Is(err, errWrongCode)) {
		m.addresses.Forget(ctx)
	}
	if errors.Is(err, ErrNotFound) {
		err = errUseless
	}
	if errors.Is(err, errWrongCode) || errors.Is(err, errUseless) {
		return fail(CodeWrongCode, "the code %w; %d tries left", err, left)
	} else if err != nil {
		return err
	}
	if form["callbackUrl"] == "" { // else of the page with the form, which may be of an earlier request
		m.host.SetCallbackURL(ctx, request.CallbackURL)
	}
	return m.signIn(ctx, request.Email, link)
}

// deleteExpired deletes some verification tokens that have expired, of whatever address, so that
// they do not pile up if nobody calls [Auth.PurgeExpired]. Each mail stores two.
func (m *mailSignIn) deleteExpired(ctx context.Context) {
	const some = 10
	tokens, _ := feature.StoreOf[TokenStore](m.host.Adapter())
	if _, err := tokens.DeleteExpiredVerificationTokens(ctx, m.host.Now(), some); err != nil {
		m.host.Log().WarnContext(ctx, "cardea: expired verification tokens not deleted; the next mail tries again",
			"cause", err)
	}
}

// signIn signs in the owner of an address that a link has proven, which was used. If the store
// fails, nobody is signed in, and the link is stored again, so that it works once more.
func (m *mailSignIn) signIn(ctx context.Context, email string, link feature.AddressToken) error {
	err := m.host.Complete(ctx, m.proof(email))
	if failure, ok := errors.AsType[*Error](err); ok && failure.Code == "AdapterError" {
		// If this fails as well, the visitor has to ask for another mail.
		_ = m.addresses.Add(context.WithoutCancel(ctx), email, link)
	}
	return err
}

// proof is the proof of an address by a mail.
func (m *mailSignIn) proof(email string) Proof {
	return Proof{Email: email, Provider: m.ID, Methods: []string{"mail"}}
}

// request returns the latest request for a mail that this browser made, and nil if there is none.
func (m *mailSignIn) request(ctx context.Context) *mailRequest {
	return readMailRequest(m.addresses.Remembered(ctx))
}

// mailed says for the page with the form for the code what this browser has asked for.
func (m *mailSignIn) mailed(ctx context.Context) (address, callbackURL string) {
	if request := m.request(ctx); request != nil {
		return request.Email, request.CallbackURL
	}
	return "", ""
}
