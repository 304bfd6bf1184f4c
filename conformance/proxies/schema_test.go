package proxies

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// schemas are those that an API server of Kubernetes publishes for one version of an API.
type schemas map[string]*schema

// schema is the part of OpenAPI that Kubernetes uses.
type schema struct {
	Type       string
	Ref        string `json:"$ref"`
	AllOf      []*schema
	OneOf      []*schema
	Required   []string
	Properties map[string]*schema
	Items      *schema
	Others     *schema `json:"additionalProperties"`
	Kinds      []kind  `json:"x-kubernetes-group-version-kind"`
}

type kind struct{ Group, Version, Kind string }

// kubernetesSchemas is the module with the schemas, and the version of Kubernetes.
const (
	kubernetesSchemas = "sigs.k8s.io/kubectl-validate@v0.0.4"
	kubernetesVersion = "1.30"
)

// schemasFolder returns the folder of the schemas. Only the files of the module are needed, so it
// is downloaded and not compiled.
func schemasFolder(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", kubernetesSchemas)
	cmd.Dir = t.TempDir() // outside of this module, whose go.sum does not name it
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	output, err := cmd.Output()
	var module struct{ Dir, Error string }
	if json.Unmarshal(output, &module) != nil || err != nil {
		t.Skipf("the schemas of Kubernetes cannot be downloaded: %v %s", err, module.Error)
	}
	return filepath.Join(module.Dir, "pkg", "openapiclient", "builtins", kubernetesVersion)
}

// readSchemas reads the schemas of an apiVersion, such as v1 or apps/v1.
func readSchemas(t *testing.T, folder, apiVersion string) schemas {
	t.Helper()
	name := "api/" + apiVersion
	if strings.Contains(apiVersion, "/") {
		name = "apis/" + apiVersion
	}
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Components struct{ Schemas schemas } }
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	return document.Components.Schemas
}

// check returns the faults of an object.
func (s schemas) check(o object) []string {
	group, version, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group, version = "", group
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if slices.Contains(s[name].Kinds, kind{group, version, o.Kind}) && s[name].Properties["metadata"] != nil {
			return s.faults(o.Kind, o.all, s[name])
		}
	}
	return []string{fmt.Sprintf("%s has no kind %q", o.APIVersion, o.Kind)}
}

// faults returns where a value is not as the schema says. Unlike OpenAPI, it takes an unknown field
// for a fault, as kubectl does.
func (s schemas) faults(path string, value any, want *schema) (faults []string) {
	if want.Ref != "" {
		return s.faults(path, value, s[want.Ref[strings.LastIndex(want.Ref, "/")+1:]])
	}
	if len(want.AllOf) == 1 { // a reference with a description of its own
		return s.faults(path, value, want.AllOf[0])
	}
	if len(want.OneOf) > 0 { // alternatives for a value without parts
		if !slices.ContainsFunc(want.OneOf, func(one *schema) bool { return one.Type == typeOf(value) }) {
			faults = append(faults, fmt.Sprintf("%s: %v has the wrong type", path, value))
		}
		return faults
	}
	if have := typeOf(value); want.Type != "" && have != want.Type {
		return append(faults, fmt.Sprintf("%s: want %s, have %s", path, want.Type, have))
	}
	switch value := value.(type) {
	case []any:
		for i, element := range value { // a schema of an array has one of its elements
			faults = append(faults, s.faults(fmt.Sprintf("%s[%d]", path, i), element, want.Items)...)
		}
	case map[string]any:
		faults = append(faults, s.faultsOfFields(path, value, want)...)
	}
	return faults
}

func (s schemas) faultsOfFields(path string, value map[string]any, want *schema) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(value)) {
		switch field := want.Properties[name]; {
		case field != nil:
			faults = append(faults, s.faults(path+"."+name, value[name], field)...)
		case want.Others != nil:
			faults = append(faults, s.faults(path+"."+name, value[name], want.Others)...)
		case want.Type == "object":
			faults = append(faults, fmt.Sprintf("%s has no field %q", path, name))
		}
	}
	for _, name := range want.Required {
		if _, ok := value[name]; !ok {
			faults = append(faults, fmt.Sprintf("%s needs %q", path, name))
		}
	}
	return faults
}

// typeOf returns the name that JSON schemas have for the type of a value.
func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case int:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}
