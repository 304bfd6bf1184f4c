package main

import (
	"context"
	"log"
	"net/http"
	"slices"
	"sync"

	"github.com/cardea-auth/cardea/email"
)

// inbox is the email.Sender of this program: it keeps the mails and shows them on a page, so that
// no mail server is needed. A site has email.SMTP in its place. Never show mails like this on a
// real site: whoever reads a mail can sign in.
type inbox struct {
	mu    sync.Mutex
	mails []email.Message // the latest first
}

const maxMails = 20

// Send implements email.Sender.
func (i *inbox) Send(_ context.Context, m email.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mails = slices.Insert(i.mails, 0, m)
	i.mails = i.mails[:min(len(i.mails), maxMails)]
	return nil
}

// ServeHTTP shows the mails.
func (i *inbox) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	mails := slices.Clone(i.mails)
	i.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := pages.ExecuteTemplate(w, "inbox.html", mails); err != nil {
		log.Printf("quickstart: write the page: %v", err)
	}
}
