package cardea

import "context"

// outbox has the mails that a transaction asks for. They are queued when it is stored, so that
// nothing that fails afterwards loses a notice. If it is undone, they are forgotten.
//
// It also has the ends of JWT sessions. They are the last that the transaction does: if it is
// undone, nobody is signed out, and who waits for its locks finds the sessions ended.
type outbox struct {
	mails   []func() // each queues one
	ends    []func(ctx context.Context) error
	isEnded bool
}

type outboxKey struct{ *Auth }

// outboxOf returns the outbox of the transaction that ctx carries, nil if ctx carries none of
// transact.
func outboxOf(ctx context.Context, a *Auth) *outbox {
	if o, ok := ctx.Value(outboxKey{a}).(*outbox); ok && !o.isEnded {
		return o
	}
	return nil
}

// add calls queue when the transaction is stored. Without one, that is now.
func (o *outbox) add(queue func()) {
	if o == nil {
		queue()
		return
	}
	o.mails = append(o.mails, queue)
}

// end calls do at the end of the transaction. Without one, that is now.
func (o *outbox) end(ctx context.Context, do func(ctx context.Context) error) error {
	if o == nil {
		return do(ctx)
	}
	o.ends = append(o.ends, do)
	return nil
}

// size is how many mails wait for the transaction.
func (o *outbox) size() int {
	if o == nil {
		return 0
	}
	return len(o.mails)
}

// transact runs fn in a transaction of the Adapter, with an outbox. Inside of another such
// transaction, the mails and the ends of sessions wait for that one, too.
func transact(ctx context.Context, a *Auth, fn func(ctx context.Context) error) error {
	var box outbox
	outer := outboxOf(ctx, a)
	err := a.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		box.mails, box.ends = nil, nil // of a run that was undone
		if err := fn(context.WithValue(ctx, outboxKey{a}, &box)); err != nil || outer != nil {
			return err
		}
		for _, end := range box.ends {
			if err := end(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	box.isEnded = true
	if err != nil {
		return err
	}
	for _, queue := range box.mails {
		outer.add(queue)
	}
	if outer != nil {
		outer.ends = append(outer.ends, box.ends...)
	}
	return nil
}
