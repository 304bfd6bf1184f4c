package redisstore_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/memadapter"
)

// No way to print options, a store or its adapter shows the secret.
func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	o := withSessions()
	store := newStore(t, redisEngine.clientOf(t, "127.0.0.1:1"), o)
	log := new(logbook)
	for _, v := range []any{o, &o, store, wrap(t, store, memadapter.New())} {
		text := fmt.Sprintf("%v %+v %#v %s %q %x", v, v, v, v, v, v)
		if _, isOptions := v.(interface{ LogValue() slog.Value }); isOptions {
			b, err := json.Marshal(v)
			text += string(b) + fmt.Sprint(err)
		}
		log.logger().Info("x", "v", v)
		if strings.Contains(text, o.Secret) || log.count(o.Secret) > 0 || strings.Contains(text, "727272727272") {
			t.Errorf("%T prints the secret: %s", v, text)
		}
	}
	if text := fmt.Sprint(o); !strings.Contains(text, o.Prefix) {
		t.Errorf("the options print as %s", text)
	}
}
