package readme

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestGoCodeOfREADME(t *testing.T) {
	t.Parallel()
	name, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := goBlocks(string(text))
	if err != nil {
		t.Fatalf("%s:%v", name, err)
	}

	programs := 0
	for _, b := range blocks {
		if b.isProgram() {
			programs++
		}
		t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) {
			t.Parallel()
			if err := b.format(); err != nil {
				t.Fatalf("%s:%v", name, err)
			}
			if b.isProgram() {
				build(t, name, b)
			}
		})
	}
	if programs == 0 {
		t.Error("README.md has no Go program: the quick start is gone, or its fence is no longer ```go")
	}
}

// build compiles a program as if it lay in the examples module, which requires what the README uses, and asks for no network.
func build(t *testing.T, name string, b block) {
	t.Helper()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(examples, "go.mod")); err != nil {
		t.Skip("the examples module is not here: this is the root module alone, not the repository")
	}

	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	write(t, source, fmt.Appendf(nil, "//line %s:%d\n%s", name, b.line, b.code)) // a compile error then names the line of the README
	pkg := fmt.Sprintf("readme-line-%d", b.line)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(examples, pkg, "main.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), overlay)

	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", os.DevNull, "./"+pkg)
	cmd.Dir = examples
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, out)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
