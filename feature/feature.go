// Package feature describes what a part of sign-in adds to a site, for authors of such parts:
// sign-in with a QR code or a directory, passwords, a second factor. Applications list features in
// cardea.Config.Features and do not need this package.
//
// A feature is a type with the methods FeatureID and Install. Install gets a *cardea.Host and says
// everything that the feature adds:
//
//	func (q *QR) Install(h *cardea.Host) error {
//		store, ok := h.Adapter().(Store) // a store interface of the feature's own
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
// A feature gets the requests of its own endpoints and no others, after they have kept its [Rule].
// It signs people in with Host.Complete, which is where every way to sign in ends.
package feature

import "time"

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

	// Limit is how many requests a client may send within the time Within. Then they are refused
	// with the code RateLimited. Clients are counted as by ratelimit.Config, for all processes if
	// there is a ratelimit.Store. 0 for both means no limit.
	Limit  int
	Within time.Duration // see Limit

	// JSON says that programs call the endpoint: a failure is answered with a status and a JSON
	// object with the member error. Defaults to a redirect to the page for the failure.
	JSON bool
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
