package cardea

import (
	"context"
	"crypto/rand"
	"maps"
)

// Session returns the session of the visitor, and nil if nobody is signed in: for an endpoint of
// VisitorAnybody. With VisitorSignedIn, [SessionFrom] returns it. If there is an Adapter, the User
// of either is the row, also with [StrategyJWT].
func (h *Host) Session(ctx context.Context) (*Session, error) {
	e := requestOf(ctx, h)
	if e == nil {
		return nil, errNoRequest
	}
	s, err := e.currentSession()
	if err != nil {
		return nil, err
	}
	writeJar(e)
	return withRow(ctx, e.auth, s)
}

// Transact runs fn in a transaction of the Adapter, which the ctx of fn carries; see
// [Adapter].Transact. Fn may run more than once. An [Error] that fn returns is the one to return
// from the handler. Any other error is a failure of the store: the response is then 503. A mail
// that fn asks for is sent if the transaction is stored; see [Host.SendMail].
//
// In an endpoint with VisitorSignedIn the user is locked first, and the session of the visitor must
// not have ended since the request began: otherwise the error is an [Error] with CodeAccessDenied,
// and fn is not called. So whatever such an endpoint changes belongs here, or into
// [Host.EndSessions].
func (h *Host) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if h.auth.config.Adapter == nil {
		return noAdapter("feature " + h.id)
	}
	r := rotation{exchange: requestOf(ctx, h), auth: h.auth}
	if own := SessionFrom(ctx); own != nil && r.exchange != nil && !r.exchange.rotated {
		r.own, r.userID = own, own.UserID
	}
	return storeError("feature "+h.id, transact(ctx, h.auth, func(ctx context.Context) error {
		if err := r.checkOwn(ctx); err != nil {
			return err
		}
		return fn(ctx)
	}))
}

// EndSessions ends all sessions of a user and all single-use tokens, also those of other features
// and the links and codes of mails. It does so in one transaction with what within writes, which
// may be nil: a new password, for example. Within may run more than once. If the visitor of an
// endpoint with VisitorSignedIn is the user, their own session goes on with a new key, so that a
// copy of the old one is useless; it knows what the old one knew. The CSRF token changes. So does a
// sign-in that waits in the browser, if the user is the one whom [Host.Held] has returned to this
// request; all others of the user end.
//
// In the transaction of [Proof.Within] it works too: the session of the sign-in stays. If the
// visitor's session has ended since the request began, the error is an [Error] with
// CodeAccessDenied, and nothing changes. JWT sessions end as [Auth.DeleteUser] says.
func (h *Host) EndSessions(ctx context.Context, userID string, within func(ctx context.Context) error) error {
	if h.auth.config.Adapter == nil {
		return noAdapter("feature " + h.id)
	}
	r := rotation{exchange: requestOf(ctx, h), auth: h.auth, userID: userID}
	if own := SessionFrom(ctx); own != nil && own.UserID == userID && r.exchange != nil {
		r.own = own
	}
	if r.exchange != nil && r.exchange.pending != nil && r.exchange.pending.userID == userID {
		r.pending = r.exchange.pending
	}
	err := transactEnding(ctx, h.auth, userID, func(ctx context.Context) error { return r.store(ctx, within) })
	if err == nil {
		err = r.finish(ctx)
	}
	return storeError("end the sessions of a user", err)
}

// rotation ends the sessions of a user and, if the visitor is the user, replaces theirs by another
// one that knows the same.
type rotation struct {
	exchange *exchange // nil without a request
	auth     *Auth
	userID   string
	own      *Session       // of the visitor; nil if it is not the user's
	pending  *pendingSignIn // of the visitor; nil if it is not the user's
	next     *pendingSignIn // what becomes of pending
	token    string         // of the new session, with StrategyDatabase; "" if there is none
	moved    *User          // the user's row if its address has changed, with StrategyJWT
}

// store is the transaction.
func (r *rotation) store(ctx context.Context, within func(context.Context) error) error {
	if err := r.auth.config.Adapter.LockUser(ctx, r.userID); ignoreNotFound(err) != nil {
		return err
	}
	if err := r.auth.users.takePending(ctx, r.pending); err != nil {
		return err
	}
	row, err := r.takeOwn(ctx)
	if err != nil {
		return err
	}
	if err := r.call(ctx, within); err != nil {
		return err
	}
	if err := r.auth.deleteTokens(ctx, r.userID); err != nil {
		return err
	}
	if r.pending != nil {
		if r.next, err = r.auth.users.replacePending(ctx, r.pending); err != nil {
			return err
		}
	}
	if r.auth.database == nil {
		return nil
	}
	return r.replaceRows(ctx, row)
}

// call runs within, and notes whether it has changed the address of a user whose JWT session goes
// on: the token has the address.
func (r *rotation) call(ctx context.Context, within func(context.Context) error) error {
	if within == nil {
		return nil
	}
	if r.auth.jwt == nil || r.own == nil {
		return within(ctx)
	}
	before, err := candidateOf(r.auth.config.Adapter.UserByID(ctx, r.userID))
	if err != nil {
		return err
	}
	if err := within(ctx); err != nil {
		return err
	}
	after, err := candidateOf(r.auth.config.Adapter.UserByID(ctx, r.userID))
	if r.moved = nil; before.user != nil && after.user != nil && before.user.Email != after.user.Email {
		r.moved = after.user
	}
	return err
}

// ended is the error for a visitor whose session has ended since the request began.
func (r *rotation) ended() error {
	return fail(CodeAccessDenied, "the session of the visitor has ended meanwhile")
}

// checkOwn returns an error if the visitor's session has ended meanwhile. It locks the user, so
// that the session does not end before the transaction does.
func (r *rotation) checkOwn(ctx context.Context) error {
	if r.own == nil || r.exchange.completes {
		return nil
	}
	if err := r.auth.config.Adapter.LockUser(ctx, r.userID); ignoreNotFound(err) != nil {
		return err
	}
	there := false
	if jwt := r.auth.jwt; jwt != nil {
		s, err := jwt.readLocked(ctx, r.exchange.sessionCookie(), r.userID)
		if there = s != nil; err != nil {
			return err
		}
	} else {
		row, err := r.row(ctx)
		if there = row != nil; err != nil {
			return err
		}
	}
	if !there {
		return r.ended()
	}
	return nil
}

// takeOwn takes the visitor's session, so that nobody else ends or replaces it at the same time,
// and returns its row. If it has ended meanwhile, the visitor may not do this any more.
func (r *rotation) takeOwn(ctx context.Context) (row *Session, err error) {
	if r.own == nil || r.exchange.completes {
		return nil, nil
	}
	there := false
	if jwt := r.auth.jwt; jwt != nil {
		s, fault := jwt.readLocked(ctx, r.exchange.sessionCookie(), r.userID)
		there, err = s != nil, fault
	} else if row, err = r.row(ctx); err == nil && row != nil {
		there, err = r.auth.database.consume(ctx, r.exchange.sessionCookie())
	}
	if err == nil && !there {
		err = r.ended()
	}
	return row, err
}

// row returns the row of the visitor's session with everything that it has, nil if there is none.
func (r *rotation) row(ctx context.Context) (*Session, error) {
	all, err := r.auth.database.store.Sessions(ctx, r.userID)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Token == r.own.Token {
			return s, nil
		}
	}
	return nil, nil
}

// replaceRows deletes the rows of the sessions and, if the visitor's was taken, adds the new one.
func (r *rotation) replaceRows(ctx context.Context, own *Session) error {
	database := r.auth.database
	if _, err := database.store.DeleteSessions(ctx, r.userID, ""); err != nil || own == nil {
		return err
	}
	r.token = randomToken()
	_, err := database.create(ctx, r.token, r.own.User, *own) // with the application's columns
	return err
}

// finish hands the new session to the browser.
func (r *rotation) finish(ctx context.Context) (err error) {
	value := r.token
	if r.auth.jwt != nil {
		if value, err = r.newToken(ctx); err != nil {
			return err
		}
	}
	if r.next != nil {
		r.next.setOrder(r.exchange.order)
		if err := (pendings{r.exchange}).set(r.next); err != nil {
			return err
		}
		r.exchange.pending = r.next
		writeJar(r.exchange)
	}
	if value == "" {
		return nil
	}
	if err := r.exchange.setSession(value, r.own); err != nil {
		return err
	}
	r.exchange.session, r.exchange.rotated = "", true
	r.exchange.renewCSRF()
	writeJar(r.exchange)
	return nil
}

// newToken returns the token of a JWT session that goes on, "" if there is none. A sign-in of the
// same request comes after the end of the others.
func (r *rotation) newToken(ctx context.Context) (string, error) {
	if r.exchange == nil {
		return "", nil
	}
	r.exchange.order = r.auth.nextSignIn(r.exchange.now)
	if r.own == nil || r.exchange.completes {
		return "", nil
	}
	next := *r.own
	next.order = r.exchange.order
	claims := maps.Clone(r.own.Claims)
	claims["sid"] = rand.Text()
	if r.moved != nil {
		claims["email"] = r.moved.Email
		setVerifiedEmail(claims, r.moved)
	}
	return r.auth.jwt.write(ctx, &next, &TokenChange{Claims: claims}, r.exchange.sessionCookie())
}
