package factor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/recovery"
	"github.com/cardea-auth/cardea/internal/totp"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/ratelimit"
)

// The methods that a second factor adds to a session.
const (
	methodOTP      = "otp" // RFC 8176
	methodRecovery = "recovery"
)

// The limits of wrong codes of a user, whatever the browser and however often the sign-in is begun
// again. After the first ten tries with a code of an app there is one more every half hour, because
// a guess is right three times in a million.
var (
	limitOTP      = ratelimit.Rate{Count: 10, Within: 5 * time.Hour}
	limitRecovery = ratelimit.Rate{Count: 10, Within: time.Hour}
)

// useOTP reports whether a code is one of the user's apps, and uses it. The try counts before the
// check, so that tries that come together do not pass together; a right one is taken back.
func (f *Feature) useOTP(ctx context.Context, userID, code string) (bool, error) {
	limit := f.host.Limit(methodOTP, limitOTP)
	if err := limit.Take(ctx, userID); err != nil {
		return false, err
	}
	has, err := f.factors(ctx, userID)
	if err != nil {
		return false, err
	}
	now := f.now()
	for _, row := range has {
		secret := f.secretOf(row)
		step, ok := secret.Match(code, now)
		if !ok {
			continue
		}
		err := f.store.UseFactor(ctx, userID, row.ID, step, now)
		if errors.Is(err, cardea.ErrConflict) {
			continue // the code was used before
		} else if err != nil {
			return false, f.host.StoreError("use the code", err)
		}
		limit.Give(ctx, userID)
		f.sealAgain(ctx, row, secret)
		return true, nil
	}
	return false, nil
}

// sealAgain stores the secret of a factor sealed with Config.Secret, if it was sealed with a secret
// of before. If that fails, the code counts all the same, and the next one tries again.
func (f *Feature) sealAgain(ctx context.Context, row *Factor, secret totp.Secret) {
	store, ok := f.store.(secretReplacer)
	if sealer := f.sealer(row); ok && sealer.Stale(row.Secret) {
		sealed, err := sealer.Seal(secret.Text())
		if err == nil {
			err = store.ReplaceFactorSecret(ctx, row.UserID, row.ID, row.Secret, sealed)
		}
		if err != nil && !errors.Is(err, cardea.ErrConflict) { // somebody else has done it, or removed the app
			f.host.Log().WarnContext(ctx, "factor: a secret cannot be sealed again", "user", row.UserID,
				"factor", row.ID, "cause", err)
		}
	}
}

// secretOf returns the secret of a factor. If it cannot be opened, it is one that has no code that
// anybody knows.
func (f *Feature) secretOf(row *Factor) totp.Secret {
	text, err := f.sealer(row).Open(row.Secret)
	if err == nil {
		var secret totp.Secret
		if secret, err = totp.ParseSecret(text); err == nil {
			return secret
		}
	}
	f.host.Log().Error("factor: a stored secret cannot be opened", "user", row.UserID, "factor", row.ID, "cause", err)
	return totp.NewSecret()
}

// useRecoveryCode reports whether a code is a recovery code of the user, deletes it, and tells the
// user.
func (f challenges) useRecoveryCode(ctx context.Context, userID, code string) (ok bool, err error) {
	limit := f.host.Limit(methodRecovery, limitRecovery)
	if err := limit.Take(ctx, userID); err != nil {
		return false, err
	}
	hash, ok := recovery.Hash(code)
	if !ok {
		return false, nil
	}
	err = f.host.Transact(ctx, func(ctx context.Context) error {
		err := f.store.UseRecoveryCode(ctx, userID, hash)
		if ok = err == nil; !ok {
			return err
		}
		return f.tellOfRecovery(ctx, userID)
	})
	if !ok && errors.Is(err, cardea.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	limit.Give(ctx, userID)
	return true, nil
}

// isStrong reports whether methods contain a second factor.
func isStrong(methods []string) bool {
	return slices.ContainsFunc([]string{methodOTP, methodRecovery, "mfa"}, func(second string) bool {
		return slices.Contains(methods, second)
	})
}

// atFullLevel serves a change of factors. Who has a factor must have proven it in this session.
func (f *Feature) atFullLevel(serve feature.Handler) feature.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, own := r.Context(), cardea.SessionFrom(r.Context())
		if own.Level < 2 {
			has, err := f.factors(ctx, own.UserID)
			if err != nil {
				return err
			}
			if len(has) > 0 {
				path := pathConfirm
				if isStrong(own.Methods) { // nobody knows the first factor of this session
					path = "signin"
				}
				back := url.QueryEscape(f.accountURL(ctx, ""))
				return f.host.Page(ctx, feature.Page{
					Own:     f.host.URL(ctx, path) + "?callbackUrl=" + back,
					Refusal: &feature.Refusal{Error: feature.CodeStepUp, Message: "Sign in again first.", Path: path},
				})
			}
		}
		return serve(w, r)
	}
}

// confirms reports whether a user who is signed in can confirm with a code.
func (f *Feature) confirms(ctx context.Context, userID string) (bool, error) {
	if own := cardea.SessionFrom(ctx); own != nil && own.Level < 2 && isStrong(own.Methods) {
		return false, nil // nobody knows the first factor of this session
	}
	return f.Has(ctx, userID)
}

// showConfirm asks somebody who is signed in for a code.
func (f *Feature) showConfirm(_ http.ResponseWriter, r *http.Request) error {
	return showPage(f, r, confirmPage(language.Of(r.Context())))
}

func confirmPage(t *language.Texts) feature.Page {
	return feature.Page{
		Title: t.Text("factor.confirm.heading"), Text: []string{t.Text("factor.type")},
		Forms: []feature.Form{{
			Path: pathConfirm, Button: t.Text("factor.confirm.button"), Fields: []feature.Field{codeField(t)},
		}},
	}
}

// confirm answers the form of the page.
func (f *Feature) confirm(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ok, err := f.useOTP(ctx, cardea.SessionFrom(ctx).UserID, f.host.Form(ctx)["code"])
	switch {
	case err != nil:
		return err
	case !ok:
		return refuse(ctx, f, pathConfirm, CodeWrong, confirmPage(language.Of(ctx)))
	}
	return f.raise(ctx, methodOTP, nil)
}

// raise proves one more method of the user who is signed in. The session gets a new key, and within
// runs while all other sessions end; it may be nil.
func (f *Feature) raise(ctx context.Context, method string, within func(ctx context.Context) error) error {
	own := cardea.SessionFrom(ctx)
	p := cardea.Proof{UserID: own.UserID, Methods: slices.Clone(own.Methods), Confirms: true}
	if !slices.Contains(p.Methods, method) {
		p.Methods = append(p.Methods, method)
	}
	if within != nil {
		p.Within = func(ctx context.Context, u *cardea.User) error { return f.host.EndSessions(ctx, u.ID, within) }
	}
	return f.host.Complete(ctx, p)
}
