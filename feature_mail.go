package cardea

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/language"
)

// TakeMail counts one mail that the visitor asks for, to an address that the visitor has typed, in
// the limits of [Config.Limits]: Mail and MailClient. If one is used up, the error is an [Error]
// with CodeRateLimited to return from the handler. Call it before the address is looked up, so that
// the answer does not tell whether a user has it. A mail that the visitor does not choose, such as
// a notice to the own address, needs no limit, unless nobody has proven that address: it may be
// somebody else's.
//
// Each endpoint counts the mails to an address for itself. So nobody keeps the owner of an address
// from a link by asking for other mails, which have none. In the function of [Host.SendMail] all
// mails to an address count together, and no client: for a notice, which is asked for in a
// transaction, where limits are not counted.
func (h *Host) TakeMail(ctx context.Context, address string) error {
	limits := h.auth.config.Limits
	subject := emailaddr.Clean(address)
	if subject == "" {
		subject = strings.TrimSpace(address)
	}
	var budgets []budget
	if e := requestOf(ctx, h); e != nil {
		budgets = e.clientBudgets("Limits.MailClient", "", limits.MailClient)
		subject += " " + e.route.action + "/" + e.provider
		e.takesMail = true
	}
	return h.auth.counter.take(ctx, h.Now(), append(budgets, budget{"Limits.Mail", subject, limits.Mail})...)
}

// SendMail calls send a moment after the request is answered, so that neither the time nor the
// content of the answer tells whether a mail was sent. For the same reason send is the place to
// look up whether the address belongs to a user. If send fails, the log says so, without the
// address and the tokens that send has made.
//
// If ctx carries the transaction of [Host.Transact], [Host.EndSessions] or [Proof].Within, the mail
// is sent if that is stored, whatever fails afterwards, and not if it is undone. So call SendMail
// in the transaction that stores what the mail is about. A transaction that the feature has begun
// itself, with the Adapter, is not known.
//
// The ctx of send ends after 30 seconds. It is not that of the request, and carries no transaction.
// It carries the language of the visitor; see [language.Of]. [Host.URL] and [Host.NewToken] work
// with it; methods that answer the request do not.
//
// Eight mails are sent at a time. If more than 1000 wait, the error is one to return from the
// transaction and from the handler, and the answer is 503. In a request that has not called
// [Host.TakeMail], that is so with 2000: what strangers ask for leaves room for notices. What waits
// when the process ends is not sent.
func (h *Host) SendMail(ctx context.Context, address string, send func(ctx context.Context) error) error {
	b := &background{auth: h.auth}
	b.hide(address)
	texts := languageOfMail(ctx, h)
	mail := task{
		do: func(ctx context.Context) error {
			return send(language.With(context.WithValue(ctx, backgroundKey{}, b), texts))
		},
		fail: func(err error) {
			h.Log().Error("cardea: mail not sent", "feature", h.id, "cause", redactSecrets(err, b.hidden()...))
		},
	}
	queue, following, room := h.auth.tasks.add, 0, maxWaiting
	if e := requestOf(ctx, h); e != nil {
		b.links = &e.links
		queue, following = e.tasks.add, len(e.tasks)
		if !e.takesMail {
			room += maxNotices
		}
	} else if outer := backgroundOf(ctx); outer != nil {
		b.links = outer.links
	}
	box := outboxOf(ctx, h.auth)
	if err := h.auth.tasks.check(following+box.size(), room); err != nil {
		return err
	}
	box.add(func() { queue(mail) })
	return nil
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

type backgroundKey struct{}

// background is what a feature knows about a request that is answered.
type background struct {
	auth  *Auth
	links *links // nil if there was no request

	mu      sync.Mutex
	secrets []string // what must not be logged
}

// backgroundOf returns what ctx knows, and nil for any other ctx.
func backgroundOf(ctx context.Context) *background {
	b, _ := ctx.Value(backgroundKey{}).(*background)
	return b
}

// hide keeps a secret out of the log.
func (b *background) hide(secret string) {
	if b == nil || secret == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.secrets = append(b.secrets, secret)
}

func (b *background) hidden() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.secrets
}

const (
	maxTasks    = 8                // at a time
	maxWaiting  = 1000             // tasks
	maxNotices  = 1000             // tasks more that wait, of visitors who are known
	taskTimeout = 30 * time.Second // of one task

	// answerTime is how long an answer may need to leave. A task that begins earlier takes a
	// processor from it, and so its time tells what the task does: on a busy machine an answer that
	// a mail follows took one and a half times as long.
	answerTime = 50 * time.Millisecond
)

// task is something that is done after a request is answered.
type task struct {
	do       func(ctx context.Context) error
	fail     func(err error)
	earliest time.Time // when it may begin; the zero time is now
}

// tasks are done in the background, some at a time.
type tasks struct {
	mu      sync.Mutex
	waiting []task
	running int
}

// check returns an error if there is no room for one more task beside some that will follow.
func (t *tasks) check(following, room int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting)+following >= room {
		return storeError("send a mail", fmt.Errorf("%d mails wait to be sent", room))
	}
	return nil
}

// add does a task as soon as fewer than maxTasks are being done.
func (t *tasks) add(one task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, one)
	if t.running < maxTasks {
		t.running++
		go t.work()
	}
}

// work does the tasks that wait.
func (t *tasks) work() {
	for one, ok := t.next(); ok; one, ok = t.next() {
		time.Sleep(time.Until(one.earliest))
		if err := one.run(); err != nil {
			one.fail(err)
		}
	}
}

func (t *tasks) next() (one task, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.running--
		return one, false
	}
	one, t.waiting = t.waiting[0], t.waiting[1:]
	return one, true
}

// run does a task. A panic must not end the process, as net/http does not let one of a request.
func (t task) run() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), taskTimeout)
	defer cancel()
	return t.do(ctx)
}

// answerTasks are done after one request is answered.
type answerTasks []task

func (a *answerTasks) add(one task) { *a = append(*a, one) }

// start is called when the answer is written. It leaves when ServeHTTP has returned.
func (a *answerTasks) start(queue *tasks) {
	for _, one := range *a {
		one.earliest = time.Now().Add(answerTime)
		queue.add(one)
	}
}
