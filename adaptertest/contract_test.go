package adaptertest_test

import (
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/memadapter"
)

func TestMemadapter(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(*testing.T) cardea.Adapter { return memadapter.New() })
}
