// Command cardea helps to set up an application that signs people in with package cardea:
//
//	cardea secret     prints a new secret for Config.Secret
//	cardea version    prints the version of this command
//	cardea help       lists the commands
//
// It exits with 0 when it did what it was asked, with 1 when that failed, and with 2 when it was
// called wrongly.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// command is one word that may follow "cardea". Its run gets the words after it and writes nothing
// but its result to stdout.
type command struct {
	name    string
	summary string
	run     func(args []string, stdout io.Writer) error
}

// usageError is a call that makes no sense; run answers it with the usage beside the message.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	err := dispatch(args, stdout)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "cardea: %v\n", err)
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(stderr, "\n%s", usage())
		return 2
	}
	return 1
}

func dispatch(args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return usageError("which command?")
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(stdout, usage())
		return err
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(args[1:], stdout)
		}
	}
	return usageError(fmt.Sprintf("unknown command %q", args[0]))
}

func commands() []command {
	return []command{
		{"secret", "print a new secret for Config.Secret", secret},
		{"version", "print the version of this command", version},
	}
}

func usage() string {
	text := "Usage: cardea <command>\n\n"
	for _, c := range commands() {
		text += fmt.Sprintf("  %-9s %s\n", c.name, c.summary)
	}
	return text + fmt.Sprintf("  %-9s %s\n", "help", "print this list")
}

func noArguments(name string, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError(fmt.Sprintf("%s takes no arguments, has %d", name, len(args)))
}
