//go:build unix

package gormadapter_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
)

// bareSignIn is what a careful programmer would write by hand: net/http, database/sql with prepared
// statements, and nothing that can be configured. A link is bound to the browser that has asked for
// it, and is used up in the transaction of the sign-in. A sign-in at the provider has state, nonce
// and PKCE, is remembered as used, and checks the ID token.
type bareSignIn struct {
	url    string
	pool   *sql.DB
	client *http.Client
	idp    *cardeatest.Issuer
	key    *ecdsa.PublicKey // of the provider

	addToken, takeToken, endTokens, userByEmail, userByAccount, updateAccount, addSession bareStatement
}

const bareSecret = "a secret of the bare handler"

func newBareSignIn(b *testing.B, a *gormadapter.Adapter, idp *cardeatest.Issuer) *bareSignIn {
	b.Helper()
	lock := " FOR UPDATE"
	if a.DB().Name() == "sqlite" {
		lock = "" // a transaction that writes is alone
	}
	s := &bareSignIn{
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}, idp: idp, key: keyOf(b, idp),
		addToken: bare(b, a, "INSERT INTO verification_token (token, expires, identifier) VALUES (?, ?, ?)"),
		takeToken: bare(b, a, "DELETE FROM verification_token WHERE token = ? AND identifier = ? "+
			"RETURNING expires"),
		endTokens: bare(b, a, "DELETE FROM verification_token WHERE identifier = ?"),
		userByEmail: bare(b, a, "SELECT id, name, email, email_verified, image FROM `user` WHERE email = ?"+
			lock),
		userByAccount: bare(b, a, "SELECT u.id, u.name, u.email, u.email_verified, u.image "+
			"FROM account a JOIN `user` u ON u.id = a.user_id "+
			"WHERE a.provider = ? AND a.provider_account_id = ?"+lock),
		updateAccount: bare(b, a, "UPDATE account SET type = ?, access_token = ?, token_type = ?, scope = ?, "+
			"id_token = ?, expires_at = ? WHERE provider = ? AND provider_account_id = ?"),
		addSession: bare(b, a, "INSERT INTO session (id, user_id, expires, session_token, created_at, auth_time, "+
			"seen_at, methods, level, ip, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	}
	var err error
	if s.pool, err = a.DB().DB(); err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /link", answering(s.openLink))
	mux.HandleFunc("GET /callback", answering(s.comeBack))
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func answering(serve func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// askForMail stores a token, and returns the request for its link.
func (s *bareSignIn) askForMail(b *testing.B, i int) *http.Request {
	b.Helper()
	token, address := rand.Text(), fmt.Sprintf("visitor%d@example.com", i)
	if _, err := s.addToken.exec(b.Context(), hashed(token), time.Now().Add(time.Hour), address); err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, s.url+"/link?"+
		url.Values{"token": {token}, "email": {address}}.Encode(), nil)
	if err != nil {
		b.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "asked", Value: signature(hashed(token))})
	return req
}

// openLink signs in with the link of a mail.
func (s *bareSignIn) openLink(w http.ResponseWriter, r *http.Request) error {
	query, ctx := r.URL.Query(), r.Context()
	hash, address := hashed(query.Get("token")), query.Get("email")
	asked, err := r.Cookie("asked")
	if err != nil || !hmac.Equal([]byte(asked.Value), []byte(signature(hash))) {
		return errors.New("another browser has asked for the mail")
	}
	return s.signIn(w, r, "mail", func(tx *sql.Tx) (userID string, err error) {
		var expires time.Time
		if err := s.takeToken.scan(ctx, tx, []any{hash, address}, &expires); err != nil || time.Now().After(expires) {
			return "", fmt.Errorf("the link was used: %w", err)
		}
		if _, err := s.endTokens.execIn(ctx, tx, address); err != nil {
			return "", err
		}
		return s.user(ctx, tx, s.userByEmail, address)
	})
}

// goToProvider begins a sign-in at the provider, and returns the request to the callback.
func (s *bareSignIn) goToProvider(b *testing.B, i int) *http.Request {
	b.Helper()
	state, nonce, verifier := rand.Text(), rand.Text(), rand.Text()+rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	to := callbackOf(b, s.idp.URL+"/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {s.idp.ClientID}, "redirect_uri": {s.url + "/callback"},
		"scope": {"openid profile email"}, "state": {state}, "nonce": {nonce}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"login_hint":     {fmt.Sprintf("visitor%d", i)},
	}.Encode())
	req, err := http.NewRequest(http.MethodGet, to, nil)
	if err != nil {
		b.Fatal(err)
	}
	flow := strings.Join([]string{state, nonce, verifier}, ".")
	req.AddCookie(&http.Cookie{Name: "flow", Value: flow + "." + signature(flow)})
	return req
}

// comeBack signs in with the code of the provider.
func (s *bareSignIn) comeBack(w http.ResponseWriter, r *http.Request) error {
	query, ctx := r.URL.Query(), r.Context()
	cookie, err := r.Cookie("flow")
	if err != nil {
		return err
	}
	end := strings.LastIndex(cookie.Value, ".")
	flow := strings.Split(cookie.Value[:end], ".")
	if !hmac.Equal([]byte(cookie.Value[end+1:]), []byte(signature(cookie.Value[:end]))) ||
		!hmac.Equal([]byte(flow[0]), []byte(query.Get("state"))) || query.Get("iss") != s.idp.URL {
		return errors.New("another browser has begun the sign-in")
	}
	if _, err := s.addToken.exec(ctx, hashed(flow[0]), time.Now().Add(time.Hour), "flow:idp"); err != nil {
		return fmt.Errorf("the sign-in was used: %w", err)
	}
	t, err := s.exchange(ctx, query.Get("code"), flow[2])
	if err != nil {
		return err
	}
	subject, err := s.verify(t.ID, flow[1])
	if err != nil {
		return err
	}
	return s.signIn(w, r, "fed", func(tx *sql.Tx) (userID string, err error) {
		if userID, err = s.user(ctx, tx, s.userByAccount, "idp", subject); err != nil {
			return "", err
		}
		_, err = s.updateAccount.execIn(ctx, tx, "oidc", t.Access, t.Type, t.Scope, t.ID,
			time.Now().Unix()+t.Expires, "idp", subject)
		return userID, err
	})
}

// bareTokens is the answer of the provider.
type bareTokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Type    string `json:"token_type"`
	Scope   string `json:"scope"`
	Expires int64  `json:"expires_in"`
}

func (s *bareSignIn) exchange(ctx context.Context, code, verifier string) (t bareTokens, err error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {s.url + "/callback"},
		"code_verifier": {verifier},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.idp.URL+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return t, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(s.idp.ClientID), url.QueryEscape(s.idp.ClientSecret))
	res, err := s.client.Do(req)
	if err != nil {
		return t, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return t, errors.New(res.Status)
	}
	return t, json.NewDecoder(res.Body).Decode(&t)
}

// verify checks an ID token, and returns its subject.
func (s *bareSignIn) verify(token, nonce string) (subject string, err error) {
	parts := strings.Split(token, ".")
	sig, err := base64.RawURLEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(parts) != 3 || len(sig) != 64 {
		return "", errors.New("no signature")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(s.key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return "", errors.New("not signed by the provider")
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Audience any    `json:"aud"`
		Subject  string `json:"sub"`
		Nonce    string `json:"nonce"`
		Expires  int64  `json:"exp"`
	}
	err = json.Unmarshal(content, &claims)
	if err != nil || claims.Issuer != s.idp.URL || claims.Audience != s.idp.ClientID || claims.Nonce != nonce ||
		time.Now().Unix() > claims.Expires {
		return "", fmt.Errorf("the ID token is for somebody else: %w", err)
	}
	return claims.Subject, nil
}

// signIn runs identify, which returns the user, and stores the session, in one transaction.
func (s *bareSignIn) signIn(
	w http.ResponseWriter, r *http.Request, method string, identify func(tx *sql.Tx) (userID string, err error),
) error {
	ctx, token, now := r.Context(), rand.Text(), time.Now()
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	userID, err := identify(tx)
	if err != nil {
		return err
	}
	expires := now.Add(30 * 24 * time.Hour)
	_, err = s.addSession.execIn(ctx, tx, gormadapter.NewUUID(), userID, expires, hashed(token), now, now, now,
		method, 1, "127.0.0.1", r.UserAgent())
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, "/", http.StatusFound)
	return nil
}

// user returns the ID of the user whom a statement finds.
func (s *bareSignIn) user(ctx context.Context, tx *sql.Tx, find bareStatement, args ...any) (string, error) {
	var u gormadapter.User
	err := find.scan(ctx, tx, args, &u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image)
	return u.ID, err
}

// scan reads the only row of a query in a transaction.
func (s bareStatement) scan(ctx context.Context, tx *sql.Tx, args []any, dest ...any) error {
	if s.Stmt == nil {
		return tx.QueryRowContext(ctx, s.query, args...).Scan(dest...)
	}
	return tx.StmtContext(ctx, s.Stmt).QueryRowContext(ctx, args...).Scan(dest...)
}

func signature(text string) string {
	mac := hmac.New(sha256.New, []byte(bareSecret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// keyOf returns the key of the provider, which is for ES256.
func keyOf(b *testing.B, idp *cardeatest.Issuer) *ecdsa.PublicKey {
	b.Helper()
	res, err := (&http.Client{Transport: preparing}).Get(idp.URL + "/jwks")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var set struct {
		Keys []struct{ X, Y string }
	}
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil || len(set.Keys) == 0 {
		b.Fatal("no keys", err)
	}
	point := []byte{4} // uncompressed
	for _, half := range []string{set.Keys[0].X, set.Keys[0].Y} {
		bytes, err := base64.RawURLEncoding.DecodeString(half)
		if err != nil {
			b.Fatal(err)
		}
		point = append(point, bytes...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		b.Fatal(err)
	}
	return key
}
