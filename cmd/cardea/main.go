// Command cardea helps to set up an application that uses package cardea:
//
//	cardea secret        prints a new secret for Config.Secret
//	cardea bench-hash    prints what hashes of passwords cost on this machine
//	cardea texts [de]    prints the texts of a language for translators, as JSON
//	cardea version       prints the version of this command
//	cardea help          lists the commands
//
// The exit status is 0 after success, 1 after a failure, and 2 if the command line is wrong.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// command is a subcommand of cardea.
type command struct {
	name    string
	summary string // for the list of commands

	// run gets the arguments after the name. It writes only its result to stdout.
	run func(args []string, stdout io.Writer) error
}

// usageError is an error in the command line. Its message is printed with the list of commands.
type usageError string

// Error returns the message.
func (e usageError) Error() string { return string(e) }

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit status.
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
		return usageError("a command is missing")
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
		{"bench-hash", "print what hashes of passwords cost on this machine", benchHash},
		{"texts", "print the texts of a language for translators, as JSON: texts de", texts},
		{"version", "print the version of this command", version},
	}
}

func usage() string {
	text := "Usage: cardea <command>\n\n"
	for _, c := range commands() {
		text += fmt.Sprintf("  %-10s %s\n", c.name, c.summary)
	}
	return text + fmt.Sprintf("  %-10s %s\n", "help", "print this list")
}

// noArguments returns an error if the command name has arguments.
func noArguments(name string, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError(fmt.Sprintf("%s takes no arguments, got %d", name, len(args)))
}
