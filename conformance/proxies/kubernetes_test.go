package proxies

import (
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// object is an object of Kubernetes: what the tests look at, and all of it.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Selector yaml.Node // labels, or matchLabels of a Deployment
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				Grace      int `yaml:"terminationGracePeriodSeconds"`
				Containers []podContainer
			}
		}
		Ports []struct {
			Port       int
			TargetPort int `yaml:"targetPort"`
		}
		Rules []struct {
			HTTP struct {
				Paths []struct {
					Backend struct {
						Service struct {
							Name string
							Port struct{ Number int }
						}
					}
				}
			}
		}
	}
	all map[string]any
}

type podContainer struct {
	Ports []struct {
		Port int `yaml:"containerPort"`
	}
	Lifecycle struct {
		PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
	}
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
}

type probe struct {
	HTTPGet struct {
		Path string
		Port int
	} `yaml:"httpGet"`
	Timeout int `yaml:"timeoutSeconds"`
}

// readObjects reads the manifest of the page.
func readObjects(t *testing.T) (objects []object) {
	t.Helper()
	manifest := strings.Join(blocksOf(t, "Kubernetes", "yaml"), "\n---\n")
	decoder := yaml.NewDecoder(strings.NewReader(manifest))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return objects
		}
		var o object
		if err := errors.Join(err, node.Decode(&o), node.Decode(&o.all)); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
}

// objectOf returns the one object of a kind.
func objectOf(t *testing.T, kind string) object {
	t.Helper()
	objects := slices.DeleteFunc(readObjects(t), func(o object) bool { return o.Kind != kind })
	if len(objects) != 1 {
		t.Fatalf("the manifest has %d objects of kind %s, want 1", len(objects), kind)
	}
	return objects[0]
}

// TestKubernetesSchema checks the manifest as an API server does.
func TestKubernetesSchema(t *testing.T) {
	t.Parallel()
	folder := schemasFolder(t)
	for _, o := range readObjects(t) {
		for _, fault := range readSchemas(t, folder, o.APIVersion).check(o) {
			t.Error(fault)
		}
	}
}

// TestFaultsOfManifest checks that the schemas find faults that people make.
func TestFaultsOfManifest(t *testing.T) {
	t.Parallel()
	s := readSchemas(t, schemasFolder(t), "apps/v1")
	for _, tt := range []struct{ name, old, new, want string }{
		{"an unknown field", "terminationGracePeriodSeconds:", "terminationGracePeriod:",
			`Deployment.spec.template.spec has no field "terminationGracePeriod"`},
		{"a text for a number", "replicas: 3", "replicas: three",
			"Deployment.spec.replicas: want integer, have string"},
		{"a list for an object", "preStop: {sleep: {seconds: 5}}", "preStop: [5]",
			"Deployment.spec.template.spec.containers[0].lifecycle.preStop: want object, have array"},
		{"a number for a text", "value: 10.0.0.0/8", "value: 10",
			"Deployment.spec.template.spec.containers[0].env[0].value: want string, have integer"},
		{"neither number nor text", "path: /healthz/live, port: 8080", "path: /healthz/live, port: [8080]",
			"Deployment.spec.template.spec.containers[0].livenessProbe.httpGet.port: [8080] has the wrong type"},
		{"a missing field", "selector: {matchLabels: {app: app}}", "paused: false",
			`Deployment.spec needs "selector"`},
		{"a kind of another API", "kind: Deployment", "kind: Service", `apps/v1 has no kind "Service"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			manifest, _, _ := strings.Cut(strings.Join(blocksOf(t, "Kubernetes", "yaml"), ""), "\n---\n")
			var node yaml.Node
			var o object
			if err := yaml.Unmarshal([]byte(replace(t, manifest, tt.old, tt.new)), &node); err != nil {
				t.Fatal(err)
			}
			node.Decode(&o) // as far as the types fit
			if err := node.Decode(&o.all); err != nil {
				t.Fatal(err)
			}
			if have := s.check(o); !slices.Equal(have, []string{tt.want}) {
				t.Errorf("have %q, want %q", have, tt.want)
			}
		})
	}
}

// TestKubernetesObjectsFit checks that the objects find each other, and the program of the page.
func TestKubernetesObjectsFit(t *testing.T) {
	t.Parallel()
	deployment, service, ingress := objectOf(t, "Deployment"), objectOf(t, "Service"), objectOf(t, "Ingress")
	labels := deployment.Spec.Template.Metadata.Labels
	var matched struct {
		Labels map[string]string `yaml:"matchLabels"`
	}
	var selected map[string]string
	if err := errors.Join(deployment.Spec.Selector.Decode(&matched),
		service.Spec.Selector.Decode(&selected)); err != nil {
		t.Fatal(err)
	}
	if len(labels) == 0 || !maps.Equal(labels, matched.Labels) || !maps.Equal(labels, selected) {
		t.Errorf("the pods have the labels %v, the Deployment selects %v and the Service %v",
			labels, matched.Labels, selected)
	}
	app := deployment.Spec.Template.Spec.Containers[0]
	port := app.Ports[0].Port
	if have := service.Spec.Ports[0].TargetPort; have != port {
		t.Errorf("the Service sends to port %d, the pods listen on %d", have, port)
	}
	if docker := strings.Join(blocksOf(t, "Docker", "dockerfile"), ""); !strings.Contains(docker,
		"ENV LISTEN=:"+strconv.Itoa(port)+"\n") {
		t.Errorf("the image does not listen on port %d", port)
	}
	backend := ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if backend.Name != service.Metadata.Name || backend.Port.Number != service.Spec.Ports[0].Port {
		t.Errorf("the Ingress sends to %+v, which is not the Service", backend)
	}
	program := strings.Join(blocksOf(t, "The program", "go"), "")
	for _, p := range []probe{app.Liveness, app.Readiness} {
		if p.HTTPGet.Port != port || !strings.Contains(program, `"GET `+p.HTTPGet.Path+`"`) {
			t.Errorf("the program answers no probe of %s on port %d", p.HTTPGet.Path, p.HTTPGet.Port)
		}
	}
	if wait := secondsOf(t, program, `context.WithTimeout\(r.Context\(\), (\d+)\*time.Second\)`); time.Duration(
		app.Readiness.Timeout)*time.Second <= wait {
		t.Errorf("the readiness probe gives up after %d seconds, the program after %v", app.Readiness.Timeout, wait)
	}
}

// TestTimeToEnd checks that no platform kills the program before its requests have ended.
func TestTimeToEnd(t *testing.T) {
	t.Parallel()
	need := secondsOf(t, strings.Join(blocksOf(t, "The program", "go"), ""),
		`context.WithTimeout\(context.Background\(\), (\d+)\*time.Second\)`)
	pod := objectOf(t, "Deployment").Spec.Template.Spec
	before := time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
	for platform, have := range map[string]time.Duration{
		"Kubernetes": time.Duration(pod.Grace)*time.Second - before,
		"Docker":     secondsOf(t, section(t, "Docker"), `--stop-timeout (\d+) `),
		"Compose":    secondsOf(t, section(t, "Traefik"), `stop_grace_period: (\d+)s\n`),
	} {
		if have <= need {
			t.Errorf("%s gives the program %v, it needs %v", platform, have, need)
		}
	}
}

// TestVariables checks that each platform sets or names the variables that the program reads.
func TestVariables(t *testing.T) {
	t.Parallel()
	program := strings.Join(blocksOf(t, "The program", "go"), "")
	var names []string
	for _, m := range regexp.MustCompile(`os\.Getenv\("([A-Z_]+)"\)`).FindAllStringSubmatch(program, -1) {
		names = append(names, m[1])
	}
	for _, m := range regexp.MustCompile(`provider\.Env\("([A-Z_]+)"\)`).FindAllStringSubmatch(program, -1) {
		names = append(names, m[1]+"_ID", m[1]+"_SECRET")
	}
	if len(names) < 4 {
		t.Fatalf("the program reads only %q", names)
	}
	image := strings.Join(blocksOf(t, "Docker", "dockerfile"), "")
	for _, platform := range []string{"Kubernetes", "Traefik"} {
		set := strings.Join(blocksOf(t, platform, "yaml"), "") + image
		for _, name := range names {
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(set) {
				t.Errorf("%s does not set %s", platform, name)
			}
		}
	}
}

// secondsOf returns the number of seconds that the first group of a pattern finds.
func secondsOf(t *testing.T, text, pattern string) time.Duration {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing matches %s", pattern)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Second
}
