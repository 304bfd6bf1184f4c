package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// bundle makes the script of testdata/app.jsx with the client and the React of the lock file in a
// folder of testdata, and returns its file's name.
func bundle(t *testing.T, folder string) string {
	t.Helper()
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("there is no %s, which the clients are bundled with", command)
		}
	}
	folder, err := filepath.Abs(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	install(t, folder)
	script := filepath.Join(t.TempDir(), "app.js")
	packages := filepath.Join(folder, "node_modules")
	// Next.js, too, puts literals in the place of these names.
	esbuild := exec.Command(filepath.Join(packages, ".bin", "esbuild"), "app.jsx", "--bundle", "--minify",
		"--jsx=automatic", "--log-level=warning", "--outfile="+script,
		`--define:process.env.NODE_ENV="production"`, "--define:process.env={}")
	esbuild.Dir, esbuild.Env = "testdata", append(os.Environ(), "NODE_PATH="+packages)
	if out, err := esbuild.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("esbuild: %v\n%s", err, out)
	}
	return script
}

var installation sync.Mutex

// install installs the packages of a folder's lock file, unless they are there. npm leaves a lock
// file of its own beside them.
func install(t *testing.T, folder string) {
	t.Helper()
	installation.Lock()
	defer installation.Unlock()
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	if err == nil && !have.ModTime().Before(wanted.ModTime()) {
		return
	}
	npm := exec.Command("npm", "ci")
	npm.Dir = folder
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}
