package cardea

import (
	"context"
	"fmt"
	"time"
)

// The conditions of features are asked twice, as the decision is made twice: before the
// transaction, where a sign-in may count against a limit, and in the transaction, under the lock of
// the user. Otherwise somebody could sign in with one factor while the user sets up the second.

// asked is a sign-in about which the conditions are being asked.
type asked struct {
	exchange *exchange
	identity *identity
	in       *SignIn
	isLocked bool   // the transaction has locked the user
	holdsAt  string // the URL to which a condition that holds it sends the visitor; "" for none

	takesOver bool // of the sign-in that is held
}

// errConditionChanged is an errPlanChanged. If it comes each time, a condition does not go by what
// its context reads.
var errConditionChanged = fmt.Errorf("a condition of a feature has another answer under the lock of the user: %w",
	errPlanChanged)

// askFirst asks the conditions about a sign-in before the transaction, and notes whether one
// of them holds it.
func (f *features) askFirst(ctx context.Context, id *identity, p plan) (redirect string, err error) {
	redirect, q, err := f.ask(ctx, id, p, false)
	if err == nil && redirect != "" && redirect == q.holdsAt {
		id.holds = &pendingSignIn{
			id: randomToken(), at: redirect, takesOver: q.takesOver,
			expires: q.exchange.now.Add(pendingMaxAge).Truncate(time.Millisecond),
		}
	}
	return redirect, err
}

// askAgain asks the conditions in the transaction, and returns an error if the answer is another
// one than before.
func (f *features) askAgain(ctx context.Context, id *identity, p plan) error {
	before := ""
	if id.holds != nil {
		before = id.holds.at
	}
	redirect, _, err := f.ask(ctx, id, p, true)
	if err == nil && redirect != before {
		err = errConditionChanged
	}
	return err
}

// ask asks the conditions about a sign-in. The first one that redirects the visitor decides.
func (f *features) ask(ctx context.Context, id *identity, p plan, isLocked bool) (redirect string, q asked, err error) {
	if len(f.conditions) == 0 {
		return "", q, nil
	}
	e, _ := ctx.Value(exchangeKey{}).(*exchange) // of completion.do
	in := p.signIn(id, id.account)
	q = asked{exchange: e, identity: id, in: &in, isLocked: isLocked}
	e.asked = &q
	defer func() { e.asked = nil }()
	ctx = aboutUser(ctx, e.auth, p.user, nil)
	for _, condition := range f.conditions {
		if redirect, err = condition(ctx, &in); err != nil {
			return "", q, applicationError(CodeAccessDenied, "condition of a feature", err)
		} else if redirect != "" {
			break
		}
	}
	return redirect, q, nil
}

// count counts a sign-in that is held among those of its user, once. A new user has no others.
func (q *asked) count(ctx context.Context) error {
	e, user := q.exchange, q.in.User.ID
	if q.isLocked || user == "" || user == q.identity.counted {
		return nil
	}
	if err := e.auth.counter.take(ctx, e.now, pendingBudget(user)); err != nil {
		return err
	}
	q.identity.counted = user
	return nil
}
