package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// version prints the version of the module and of Go.
func version(args []string, stdout io.Writer) error {
	if err := noArguments("version", args); err != nil {
		return err
	}
	var module string
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
	}
	_, err := fmt.Fprintf(stdout, "cardea %s %s\n", cmp.Or(module, "(devel)"), runtime.Version())
	return err
}
