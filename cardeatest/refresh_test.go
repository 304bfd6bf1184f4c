package cardeatest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// A refresh token that is used twice was stolen: all tokens of its grant end, and no others.
func TestIssuerEndsAGrantWhoseRefreshTokenIsUsedTwice(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	signIn := func() map[string]any {
		_, token := exchange(t, i, callback(t, i, authorization(i, "scope", "openid offline_access")).Get("code"))
		return token
	}
	refresh := func(token map[string]any) (int, map[string]any) {
		return exchange(t, i, "", "grant_type", "refresh_token", "refresh_token", token["refresh_token"].(string))
	}
	first, other := signIn(), signIn()
	_, second := refresh(first)
	_, third := refresh(second)
	if status, body := refresh(first); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("used before: status %d, %v", status, body)
	}
	if status, body := refresh(third); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("newest of the same grant: status %d, %v", status, body)
	}
	if status, _ := get(t, i.URL+"/userinfo", third["access_token"].(string)); status != http.StatusUnauthorized {
		t.Errorf("access token of the same grant: status %d", status)
	}
	if status, _ := refresh(other); status != http.StatusOK {
		t.Errorf("of another grant: status %d", status)
	}
}

func TestIssuerRevokesTheGrantsOfAPerson(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t, cardeatest.Person{Subject: "ann"}, cardeatest.Person{Subject: "bob"})
	refresh := func(subject string, before func()) int {
		code := callback(t, i, authorization(i, "scope", "openid offline_access", "login_hint", subject)).Get("code")
		_, token := exchange(t, i, code)
		before()
		status, _ := exchange(t, i, "", "grant_type", "refresh_token", "refresh_token", token["refresh_token"].(string))
		return status
	}
	revoke := func() { i.Revoke("ann") }
	if got := refresh("ann", revoke); got != http.StatusBadRequest {
		t.Errorf("Ann's: status %d", got)
	}
	if got := refresh("bob", revoke); got != http.StatusOK {
		t.Errorf("Bob's: status %d", got)
	}
	if got := refresh("ann", func() {}); got != http.StatusOK {
		t.Errorf("Ann's after she signed in again: status %d", got)
	}
}

func TestIssuerHoldsAnswersBack(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	code := callback(t, i, authorization(i)).Get("code")
	release := i.Hold(cardeatest.Token)
	answered := make(chan int, 1)
	go func() {
		status, _ := exchange(t, i, code)
		answered <- status
	}()
	for i.Requests(cardeatest.Token) == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case status := <-answered:
		t.Errorf("answered with status %d while held", status)
	case <-time.After(20 * time.Millisecond):
	}
	if status, _ := get(t, i.URL+"/jwks", ""); status != http.StatusOK {
		t.Errorf("another endpoint: status %d", status)
	}
	release()
	release()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}
