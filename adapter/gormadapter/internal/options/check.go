// Package options has the checks and defaults of gormadapter.Options that several drivers share.
package options

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// ServerFaults returns everything that is wrong with the options for any kind of database server.
func ServerFaults(o gormadapter.Options) []error {
	return append(addressFaults(o), numberFaults(o)...)
}

// addressFaults checks that either DSN is set, or DBName and User.
func addressFaults(o gormadapter.Options) (faults []error) {
	if o.DSN == "" {
		for _, name := range Given(Field{"DBName", o.DBName == ""}, Field{"User", o.User == ""}) {
			faults = append(faults, fmt.Errorf("%s is empty: fill it, or give Options.DSN", name))
		}
		return append(faults, hostFaults(o)...)
	}
	for _, name := range Given(
		Field{"Host", o.Host},
		Field{"Port", o.Port},
		Field{"User", o.User},
		Field{"Password", o.Password},
		Field{"TLS", o.TLS},
		Field{"DBName", o.DBName},
	) {
		faults = append(faults, BesideDSN(name))
	}
	return faults
}

// hostFaults checks the list of hosts.
func hostFaults(o gormadapter.Options) (faults []error) {
	hosts := Hosts(o)
	for _, host := range hosts {
		switch {
		case host == "":
			faults = append(faults, fmt.Errorf("Options.Host is %q: want names with one comma between two", o.Host))
		case filepath.IsAbs(host) && len(hosts) > 1:
			faults = append(faults, fmt.Errorf("Options.Host is %q: a Unix socket must be the only one", o.Host))
		}
	}
	return faults
}

func numberFaults(o gormadapter.Options) (faults []error) {
	for _, n := range []struct {
		name           string
		value, largest int
	}{
		{"Port", o.Port, 65535},
		{"MaxOpenConns", o.MaxOpenConns, 1 << 20},
		{"MaxIdleConns", o.MaxIdleConns, max(maxOpenConns(o), 1)},
	} {
		if n.value < 0 || n.value > n.largest {
			faults = append(faults, fmt.Errorf("%s is %d: want 1 to %d, or 0 for the default",
				"Options."+n.name, n.value, n.largest))
		}
	}
	if o.ConnMaxLifetime < 0 {
		faults = append(faults, fmt.Errorf("Options.ConnMaxLifetime is %v: want more than 0, or 0 for the default",
			o.ConnMaxLifetime))
	}
	return faults
}

// Field is the name and the value of an option.
type Field struct {
	Name  string // such as "Host"
	Value any    // the zero value of its type means that the option is not set
}

// Given returns the names of the options that are set, in the form "Options.Host".
func Given(fields ...Field) (names []string) {
	for _, f := range fields {
		if !reflect.ValueOf(f.Value).IsZero() {
			names = append(names, "Options."+f.Name)
		}
	}
	return names
}

// BesideDSN returns the error for an option, such as "Options.Host", that is set although
// Options.DSN is.
func BesideDSN(name string) error {
	return fmt.Errorf("%s is given beside Options.DSN: set only one of them", name)
}

// OtherScheme returns an error if Options.DSN is a URL for another kind of database: its scheme is
// none of the given ones. It returns nil if DSN is not a URL.
func OtherScheme(o gormadapter.Options, schemes ...string) error {
	scheme, _, isURL := strings.Cut(o.DSN, "://")
	if !isURL || strings.ContainsAny(scheme, "=@:/ ") || slices.Contains(schemes, scheme) {
		return nil
	}
	return fmt.Errorf("Options.DSN starts with %s://, which is not for Options.Driver: want %s://, or another driver",
		scheme, schemes[0])
}
