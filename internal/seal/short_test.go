package seal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/seal"
)

// A short token opens for its purpose alone, with any of the secrets, in its one spelling.
func TestShort(t *testing.T) {
	t.Parallel()
	old, now := seal.New([]string{"old"}, seal.SchemeV5), seal.New([]string{"new", "old"}, seal.SchemeV4)
	token, err := old.Short("reset", map[string]any{"u": "ada", "v": map[string]any{"a": "<&>"}})
	if err != nil || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Fatalf("%q, %v", token, err)
	}
	again, err := old.Short("reset", map[string]any{"u": "ada", "v": map[string]any{"a": "<&>"}})
	if err != nil || again[:20] == token[:20] {
		t.Errorf("the same token twice, %v", err)
	}
	for _, s := range []*seal.Sealer{old, now} {
		claims, err := s.OpenShort("reset", token)
		if err != nil || claims["u"] != "ada" || claims["v"].(map[string]any)["a"] != "<&>" {
			t.Errorf("%v, %v", claims, err)
		}
	}
	for what, open := range map[string]func() (map[string]any, error){
		"another purpose": func() (map[string]any, error) { return old.OpenShort("verify", token) },
		"another secret": func() (map[string]any, error) {
			return seal.New([]string{"new"}, seal.SchemeV5).OpenShort("reset", token)
		},
		"no secret": func() (map[string]any, error) {
			return seal.New(nil, seal.SchemeV5).OpenShort("reset", token)
		},
		"empty":         func() (map[string]any, error) { return old.OpenShort("reset", "") },
		"cut":           func() (map[string]any, error) { return old.OpenShort("reset", token[:len(token)-2]) },
		"line break":    func() (map[string]any, error) { return old.OpenShort("reset", token[:9]+"\n"+token[9:]) },
		"upper case":    func() (map[string]any, error) { return old.OpenShort("reset", strings.ToUpper(token)) },
		"31 bytes":      func() (map[string]any, error) { return old.OpenShort("reset", strings.Repeat("a", 50)) },
		"random alone":  func() (map[string]any, error) { return old.OpenShort("reset", strings.Repeat("a", 52)) },
		"another token": func() (map[string]any, error) { return old.OpenShort("reset", token[:52]+again[52:]) },
	} {
		if claims, err := open(); !errors.Is(err, seal.ErrInvalid) || claims != nil {
			t.Errorf("%s: %v, %v", what, claims, err)
		}
	}
	for _, s := range []*seal.Sealer{seal.New(nil, seal.SchemeV5), seal.New([]string{""}, seal.SchemeV5)} {
		if token, err := s.Short("reset", nil); err == nil {
			t.Errorf("without a secret: %q", token)
		}
	}
}
