// Package node runs scripts that use npm packages, for tests beside them.
package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var installation sync.Mutex

// Install brings the packages of a folder's lock file into its node_modules, once and again when
// the lock file has changed. Where there is no Node.js it skips the test.
func Install(t testing.TB, folder string) {
	t.Helper()
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("there is no %s, which the packages to compare with need", command)
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

// outdated reports whether the packages are missing, or older than the lock file. npm leaves a lock
// file of its own beside them.
func outdated(t testing.TB, folder string) bool {
	t.Helper()
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	return err != nil || have.ModTime().Before(wanted.ModTime())
}
