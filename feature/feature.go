// Package feature describes what a part of sign-in adds to a site, for authors of such parts:
// sign-in with a QR code or a directory, passwords, a second factor. Applications list features in
// cardea.Config.Features and do not need this package.
//
// A feature is a type with the methods FeatureID and Install. Install gets a *cardea.Host and says
// everything that the feature adds:
//
//	func (q *QR) Install(h *cardea.Host) error {
//		store, ok := feature.StoreOf[Store](h.Adapter()) // a store interface of the feature's own
//		if !ok {
//			return errors.New("needs an Adapter that is a qr.Store")
//		}
//		h.Handle(feature.Rule{
//			Method: http.MethodPost, Path: "qr/approve",
//			Sender: feature.SenderOwnPage, Visitor: feature.VisitorSignedIn,
//			Fresh:  15 * time.Minute, Limit: 20, Within: time.Hour,
//		}, q.approve)
//		h.Offer(feature.Way{ID: "qr", Name: "a phone", Start: q.start})
//		h.Rows(feature.Rows{Delete: store.DeleteCodes})
//		return nil
//	}
//
// The example of cardea.Feature is a whole feature: sign-in with the directory of a company.
//
// A feature gets the requests of its own endpoints and no others, after they have kept its [Rule].
// It signs people in with Host.Complete, which is where every way to sign in ends.
//
// # Sign-in by mail
//
// A feature that signs people in with an address that they prove by a mail declares that with
// Host.Addresses; see [Addresses]. What follows is for users who are known.
//
// # Links in mails
//
// A feature declares the kinds of its single-use tokens in Install, with Host.Tokens. One that
// mails a link for a new password looks like this:
//
//	func (p *Passwords) forgot(_ http.ResponseWriter, r *http.Request) error {
//		h, address := p.host, p.host.Form(r.Context())["email"]
//		if err := h.TakeMail(r.Context(), address); err != nil {
//			return err
//		}
//		err := h.SendMail(r.Context(), address, func(ctx context.Context) error { // after the answer
//			u, err := h.Adapter().UserByEmail(ctx, address)
//			if errors.Is(err, cardea.ErrNotFound) {
//				return nil
//			} else if err != nil {
//				return err
//			}
//			token, err := h.NewToken(ctx, "reset", u.ID, 30*time.Minute, nil)
//			if err != nil {
//				return err
//			}
//			return p.sender.Send(ctx, p.compose(u.Email, h.URL(ctx, "password/reset?token="+token)))
//		})
//		if err != nil {
//			return err
//		}
//		return h.Page(r.Context(), feature.Page{Title: "Look into your mail"})
//	}
//
// The page of the link shows a form. It reads the token with Host.Token, which does not use it,
// because programs that scan mails open links. The form uses it with Host.UseToken, in the
// transaction of Host.EndSessions, which ends the sessions of the user after a change of a
// credential:
//
//	userID, _, err := h.Token(ctx, "reset", token)
//	if err != nil {
//		return err
//	}
//	err = h.EndSessions(ctx, userID, func(ctx context.Context) error {
//		if _, _, err := h.UseToken(ctx, "reset", token); err != nil {
//			return err
//		}
//		if err := p.store.SetPassword(ctx, userID, hash); err != nil {
//			return err
//		}
//		return p.notify(ctx, userID) // by Host.SendMail
//	})
//
// The mail that tells the user of a change is asked for in the transaction of the change. Then
// nothing that fails afterwards loses it, and nobody hears of a change that was undone.
//
// # A second proof
//
// A condition, which Host.Require adds, can hold a sign-in for a second proof. Then there is no
// session before the proof was given, whatever the way in:
//
//	h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
//		if slices.Contains(in.Methods, "otp") {
//			return "", nil
//		}
//		if has, err := f.store.HasFactor(ctx, in.User.ID); err != nil || !has {
//			return "", err
//		}
//		return h.Hold(ctx, in, "factor/challenge") // a GET endpoint of the feature
//	})
//
// The condition is asked twice: before the transaction of the sign-in, and in it, when the user is
// locked. So it reads with ctx and writes nothing, and what it goes by is changed under that lock,
// with Host.EndSessions for example. Otherwise somebody could get in with one proof while the user
// sets up the second.
//
// The endpoints of the challenge ask Host.Held who waits, count that user's tries with Host.Limit,
// check the proof for that user alone, and call Host.Resume:
//
//	held, err := h.Held(ctx)
//	if err != nil {
//		return err
//	}
//	if held == nil {
//		return h.Redirect(ctx, h.URL(ctx, "signin"))
//	}
//	if err := h.Limit("code", rate).Take(ctx, held.UserID); err != nil {
//		return err
//	}
//	if err := f.useCode(ctx, held.UserID, h.Form(ctx)["code"]); err != nil {
//		return err
//	}
//	return h.Resume(ctx, "otp")
//
// A feature that lets the person enrol a factor during the challenge writes it with
// Host.EndSessions, after Host.Held: all else of the user ends, and this sign-in goes on.
package feature

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea/language"
)

// Rule is one endpoint of a feature and what a request must prove before the feature gets it.
// Method, Path, Sender and Visitor must be set; otherwise cardea.New returns an error.
type Rule struct {
	// Method is http.MethodGet or http.MethodPost. A GET must change nothing that the visitor has
	// not asked for: anybody can make a browser open a link.
	Method string

	// Path is the path below Config.BasePath: lower-case letters, digits, hyphens and underscores,
	// with slashes between, such as "qr/approve". Its first part is no endpoint of Cardea, and no
	// other feature has the same method and path.
	Path string

	// Sender says who may send the request.
	Sender Sender

	// Visitor says whether somebody must be signed in. If nobody is, a browser that opens a page is
	// sent to the sign-in page, and any other request gets status 401.
	Visitor Visitor

	// Fresh is how long ago the visitor may have proven who they are, by Session.AuthTime. It needs
	// VisitorSignedIn. A visitor for whom it is longer ago must sign in again; a request that does
	// not open a page gets status 401, as in RFC 9470. Defaults to 0: any time.
	Fresh time.Duration

	// Level is what Session.Level must be at least: 0, 1 or 2. It needs VisitorSignedIn, and is
	// refused like Fresh. Defaults to 0: any level.
	Level int

	// Confirms says that the endpoint is the page where somebody who is signed in confirms who they
	// are, if it returns true for the user: a visitor whose proof is too old or too weak for
	// another page is sent here, with the query parameter callbackUrl. It needs GET and
	// VisitorSignedIn, and may be called concurrently. Confirm with Host.Complete and
	// Proof.Confirms. Defaults to nil.
	Confirms func(ctx context.Context, userID string) (bool, error)

	// Enrols says that the endpoint is the page where somebody who is signed in sets up a second
	// factor, if it returns true for the user: a visitor for whom another page demands level 2, and
	// who has nothing to confirm with, is sent here, with the query parameter callbackUrl. It needs
	// GET and VisitorSignedIn, and may be called concurrently. Defaults to nil.
	Enrols func(ctx context.Context, userID string) (bool, error)

	// Limit is how many requests a client may send within the time Within. Then they are refused
	// with the code RateLimited. Clients are counted as by ratelimit.Config, for all processes if
	// there is a ratelimit.Store. 0 for both means no limit.
	Limit  int
	Within time.Duration // see Limit

	// JSON says that programs alone call the endpoint: a failure is answered with a status and a
	// JSON object with the member error. Defaults to a redirect to the page for the failure, and
	// the same with the URL of that page for a request that asks for JSON or has posted it.
	JSON bool

	// Own is the application's page with the form of this endpoint. New reports one that would not
	// work. Defaults to none.
	Own OwnPage

	// Successes are the values of the query parameter success with which the handler leads to a
	// page, such as Host.URL(ctx, "account") + "?success=qr_approved". The pages of the application
	// get those of the site, and no other text. Defaults to none.
	Successes []Success
}

// OwnPage is a page of the application in the place of one of a feature.
type OwnPage struct {
	// Page is a path of the site, or a URL of one of Config.TrustedOrigins. "" means none.
	Page string

	// Option is the name of the option that has it, such as "Options.Pages.Scan", for faults of the
	// configuration.
	Option string
}

// The codes of failures that programs alone get, in JSON; browsers are led to a page.
const (
	CodeUnauthorized = "unauthorized"                     // nobody is signed in
	CodeStepUp       = "insufficient_user_authentication" // the proof is too old or too weak (RFC 9470 § 3)
	CodeUnavailable  = "unavailable"                      // the store is away; trying again may help
	CodeBadRequest   = "bad_request"                      // the body is neither a form nor a JSON object
)

// Success says that something was done.
type Success struct {
	// Value is that of the parameter: lower-case letters, digits and underscores.
	Value string

	// Mailed returns what the built-in page says that says that a mail was sent. T is nil for
	// English. Defaults to a text about a link to sign in.
	Mailed func(t *language.Texts) string
}

// Sender says who may send a request.
type Sender int

// The senders.
const (
	// SenderOwnPage is a page of this site or of one of Config.TrustedOrigins: the request must
	// repeat the CSRF token of the browser, and come from one of these origins. It is for POST.
	SenderOwnPage Sender = iota + 1

	// SenderAnybody is anybody: the request must prove itself, for example by a signature. A POST
	// of SenderAnybody cannot demand VisitorSignedIn, because another site could then act for the
	// visitor.
	SenderAnybody
)

// Visitor says whether somebody must be signed in.
type Visitor int

// The visitors.
const (
	VisitorAnybody  Visitor = iota + 1 // with a session or without
	VisitorSignedIn                    // with a session
)
