package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// bundle builds the script of the page, testdata/app.jsx, with the next-auth client and the React
// of the lock file in a folder of testdata. It returns the name of the script's file.
func bundle(t *testing.T, folder string) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	node.Install(t, folder)
	script := filepath.Join(t.TempDir(), "app.js")
	packages := filepath.Join(folder, "node_modules")
	// Next.js also replaces these names with literals when it builds an application.
	esbuild := exec.Command(filepath.Join(packages, ".bin", "esbuild"), "app.jsx", "--bundle", "--minify",
		"--jsx=automatic", "--log-level=warning", "--outfile="+script,
		`--define:process.env.NODE_ENV="production"`, "--define:process.env={}")
	esbuild.Dir, esbuild.Env = "testdata", append(os.Environ(), "NODE_PATH="+packages)
	if out, err := esbuild.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("esbuild: %v\n%s", err, out)
	}
	return script
}
