// Package node runs Node.js scripts that use npm packages, for tests that compare Cardea with them.
package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var installation sync.Mutex

// Install installs the packages of the lock file in a folder into its node_modules, unless they are
// there and not older than the lock file. It skips the test if node or npm is not installed. It may
// be called concurrently within one process.
func Install(t testing.TB, folder string) {
	t.Helper()
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("%s is not installed; this test runs npm packages", command)
		}
	}
	installation.Lock()
	defer installation.Unlock()
	if !outdated(t, folder) {
		return
	}
	npm := exec.Command("npm", "ci")
	npm.Dir = folder
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v\n%s", folder, err, out)
	}
}

// outdated reports whether the packages are missing or older than the lock file. npm writes the
// file .package-lock.json when it has installed them.
func outdated(t testing.TB, folder string) bool {
	t.Helper()
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	return err != nil || have.ModTime().Before(wanted.ModTime())
}
