package password_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/ratelimit"
)

// stuckSender delivers nothing until it is told to.
type stuckSender struct {
	*cardeatest.Mailbox
	begin chan struct{}
}

func (s *stuckSender) Send(ctx context.Context, m email.Message) error {
	select {
	case <-s.begin:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Mailbox.Send(ctx, m)
}

// Strangers can ask for so many mails that no further one is accepted. They must not keep the
// notices from people whose password is changed: a thief would change it then.
func TestStrangersDoNotFillTheRoomForNotices(t *testing.T) {
	t.Parallel()
	sender := &stuckSender{Mailbox: &cardeatest.Mailbox{}, begin: make(chan struct{})}
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		none := ratelimit.InsecureUnlimited()
		c.Limits.MailClient, o.SignUpLimit = none, none
		o.Sender = sender
	})
	s.mails = sender.Mailbox
	s.user(t, ann, first)
	b := s.browser(t)
	signIn(t, b, ann, first)
	stranger, isFull := s.browser(t), false
	stranger.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	csrf := stranger.CSRFToken()
	for i := 0; i < 1200 && !isFull; i++ {
		res := stranger.Post("/password/signup", url.Values{
			"email": {fmt.Sprintf("x%d@example.com", i)}, "csrfToken": {csrf},
		})
		isFull = res.StatusCode == http.StatusServiceUnavailable
	}
	if !isFull {
		t.Fatal("the site takes any number of mails")
	}
	at := post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
	if at != accountPage+"password_changed" {
		t.Errorf("ended at %s", at)
	}
	close(sender.begin)
	s.mail(t, ann, "was changed")
}
