package cardea

import "context"

// outbox has the mails that a transaction asks for. They are queued when it is stored, so that
// nothing that fails afterwards loses a notice. If it is undone, they are forgotten.
type outbox struct {
	mails   []func() // each queues one
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

// size is how many mails wait for the transaction.
func (o *outbox) size() int {
	if o == nil {
		return 0
	}
	return len(o.mails)
}

// transact runs fn in a transaction of the Adapter, with an outbox. Inside of another such
// transaction, the mails wait for that one, too.
func transact(ctx context.Context, a *Auth, fn func(ctx context.Context) error) error {
	var box outbox
	err := a.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		box.mails = nil // of a run that was undone
		return fn(context.WithValue(ctx, outboxKey{a}, &box))
	})
	box.isEnded = true
	if err != nil {
		return err
	}
	for _, queue := range box.mails {
		outboxOf(ctx, a).add(queue)
	}
	return nil
}
