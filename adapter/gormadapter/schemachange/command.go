package schemachange

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm/schema"
)

// App describes the application to [Main]: how it connects and which entities it has.
type App struct {
	// Open connects to the database as the application does. It passes the given options, which are
	// those in Options, to the adapter. Main closes the adapter; if Open returns an error, Main
	// prints it and returns 2. Required, except for the command fresh, which does not connect.
	Open func(...gormadapter.Option) (*gormadapter.Adapter, error)

	// Options are the options of the application's adapter, such as gormadapter.WithUser. Defaults
	// to none: the default entities.
	Options []gormadapter.Option

	// Entities are the entities of the application's own tables, each a pointer to a struct.
	// Defaults to none.
	Entities []any

	// Naming is the naming strategy for the command fresh. Set it to the one that Open gives to
	// GORM. Defaults to GORM's standard strategy.
	Naming schema.Namer
}

const usage = `usage:
  help                  print this list
  fresh -dialect NAME   print the SQL that creates the schema in an empty database, without
                        connecting to one; NAME is sqlite, postgres, mysql, mariadb or sqlserver
  check                 list how the database differs from the entities; fail if it does
  diff                  print the SQL that removes these differences
  apply [-other-table]  run that SQL, and print it; with the flag also if foreign keys of existing
                        tables lead to another table than those of the entities
  new [-format goose|migrate] [-dir DIR] NAME
                        write that SQL, and the SQL that undoes it, as the next numbered migration;
                        the default format is goose, the default DIR is migrations
`

// Main runs the schema command of an application and returns the exit status. The program consists
// of
//
//	func main() {
//		os.Exit(schemachange.Main(context.Background(), app, os.Args[1:], os.Stdout, os.Stderr))
//	}
//
// The first of args is help, fresh, diff, check, apply or new. Without it, and for any other, Main
// prints a description of these commands.
//
// check, diff, apply and new say on stderr which changes would fail with certain rows
// ([Plan.Risks]), and how many such rows this database has. What is in the way does not change the
// exit status, because the database where a migration is written is rarely the one where it runs.
// Only apply refuses [RiskTable], unless it has the flag -other-table.
//
// The exit status is 0 for success, 1 if check found a difference or something failed, and 2 if the
// arguments are wrong or the database cannot be opened or compared. Main writes SQL, lists and file
// names to stdout. It writes errors to stderr, and also the names of what is in the compared tables
// but in no entity.
func Main(ctx context.Context, app App, args []string, stdout, stderr io.Writer) int {
	c := &command{app: app, stdout: stdout, stderr: stderr}
	commands := map[string]func(context.Context, []string) error{
		"fresh": c.fresh, "diff": c.diff, "check": c.check, "apply": c.apply, "new": c.newMigration,
	}
	switch {
	case len(args) == 0:
		fmt.Fprint(stderr, usage)
		return 2
	case slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]):
		fmt.Fprint(stdout, usage)
		return 0
	case commands[args[0]] == nil:
		fmt.Fprintf(stderr, "unknown command %q\n%s", args[0], usage)
		return 2
	}
	err := commands[args[0]](ctx, args[1:])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "%v\n%s", err, usage)
		return 2
	}
	fmt.Fprintln(stderr, err)
	if _, ok := errors.AsType[unaskedError](err); ok {
		return 2
	}
	return 1
}

// unaskedError is the error for a database that could not be opened or compared.
type unaskedError struct{ error }

func (e unaskedError) Unwrap() error { return e.error }

// ask is Diff.
func ask(ctx context.Context, a *gormadapter.Adapter, entities ...any) (*Plan, error) {
	p, err := Diff(ctx, a, entities...)
	if err != nil {
		return nil, unaskedError{err}
	}
	return p, nil
}

var (
	errUsage   = errors.New("wrong arguments")
	errDiffers = errors.New("the database differs from the entities")

	errOtherTable = errors.New("nothing was changed: foreign keys of existing tables lead to another table than " +
		"those of the entities; if that is what you want, repeat it with apply -other-table")
)

type command struct {
	app            App
	stdout, stderr io.Writer
	otherTable     bool // apply moves foreign keys to another table
}

// fresh prints the SQL that creates the schema in an empty database.
func (c *command) fresh(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("fresh", flag.ContinueOnError)
	dialect := flags.String("dialect", "", "")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	if _, err := engineFor(*dialect); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	a, err := c.offlineAdapter(*dialect)
	if err != nil {
		return err
	}
	p, err := Fresh(*dialect, a, c.app.Entities...)
	if err != nil {
		return err
	}
	return c.printScript(p)
}

// diff prints the plan.
func (c *command) diff(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("diff", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return c.withPlan(ctx, ask, c.printScript)
}

// check prints the differences and fails if there are any.
func (c *command) check(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("check", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return c.withPlan(ctx, ask, func(p *Plan) error {
		if len(p.Differences) == 0 {
			return nil
		}
		if _, err := fmt.Fprintln(c.stdout, strings.Join(p.Differences, "\n")); err != nil {
			return err
		}
		return errDiffers
	})
}

// apply runs the plan and prints it.
func (c *command) apply(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("apply", flag.ContinueOnError)
	flags.BoolVar(&c.otherTable, "other-table", false, "")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	return c.withPlan(ctx, c.warnAndApply, c.printScript)
}

// newMigration writes the plan as numbered files and prints their names.
func (c *command) newMigration(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("new", flag.ContinueOnError)
	format := flags.String("format", "goose", "")
	dir := flags.String("dir", "migrations", "")
	if err := parse(flags, args, 1); err != nil {
		return err
	}
	m, err := newMigrationFiles(*format, *dir, flags.Arg(0))
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return c.withPlan(ctx, ask, func(p *Plan) error {
		if len(p.Up) == 0 {
			fmt.Fprintln(c.stderr, "nothing to do: the database has everything that the entities describe")
			return nil
		}
		files, err := m.write(p)
		for _, file := range files {
			fmt.Fprintln(c.stdout, file)
		}
		return err
	})
}

// parse reads the flags. It returns an error unless exactly want arguments follow them.
func parse(flags *flag.FlagSet, args []string, want int) error {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() != want {
		return fmt.Errorf("%w: %s takes %d arguments besides its flags, have %d",
			errUsage, flags.Name(), want, flags.NArg())
	}
	return nil
}

// offlineAdapter returns an adapter that has the application's entities and no connection.
func (c *command) offlineAdapter(dialect string) (*gormadapter.Adapter, error) {
	db, err := offlineDB(dialect)
	if err != nil {
		return nil, err
	}
	if c.app.Naming != nil {
		db.NamingStrategy = c.app.Naming
	}
	return gormadapter.New(db, c.app.Options...)
}

// withPlan opens the application's adapter, calls diffOrApply, prints what is in the compared
// tables but in no entity, and calls use with the plan.
func (c *command) withPlan(
	ctx context.Context,
	diffOrApply func(context.Context, *gormadapter.Adapter, ...any) (*Plan, error),
	use func(*Plan) error,
) error {
	a, err := c.app.Open(c.app.Options...)
	if err != nil {
		return unaskedError{err}
	}
	p, err := diffOrApply(ctx, a, c.app.Entities...)
	if err == nil {
		c.warn(ctx, a, p)
		for _, extra := range p.Extra {
			fmt.Fprintln(c.stderr, "kept, but in no entity: "+extra)
		}
		err = use(p)
	}
	return errors.Join(err, a.Close())
}

// warnAndApply says what stands in the way before it begins: a plan that fails says only what was
// first.
func (c *command) warnAndApply(
	ctx context.Context, a *gormadapter.Adapter, entities ...any,
) (*Plan, error) {
	if p, err := Diff(ctx, a, entities...); err == nil {
		c.warn(ctx, a, p)
		if !c.otherTable && slices.ContainsFunc(p.Risks, func(r Risk) bool { return r.Kind == RiskTable }) {
			return nil, errOtherTable
		}
	}
	p, err := Apply(ctx, a, entities...)
	if err == nil {
		p.Risks = nil // none has come true
	}
	return p, err
}

// warn says which risks of a plan come true in this database.
func (c *command) warn(ctx context.Context, a *gormadapter.Adapter, p *Plan) {
	for _, r := range p.Risks {
		var rows int64
		switch err := a.DB().WithContext(ctx).Raw(r.Query).Row().Scan(&rows); {
		case r.Kind == RiskTable:
			fmt.Fprintf(c.stderr, "CAUTION: %s\n", r.Change)
		case r.Kind == RiskAlways:
			fmt.Fprintf(c.stderr, "CAUTION, fails with and without rows: %s\n", r.Change)
		case err != nil:
			fmt.Fprintf(c.stderr, "caution: %s; %s: %s\n", r.Change, r.Kind, r.Query)
		case rows == 0:
			fmt.Fprintf(c.stderr, "caution: %s; no rows are in the way here; elsewhere, %s: %s\n",
				r.Change, r.Kind, r.Query)
		case r.Kind == RiskValues:
			fmt.Fprintf(c.stderr, "caution, values to convert here: %d: %s; each must be one of the new type: %s\n",
				rows, r.Change, r.Query)
		default:
			fmt.Fprintf(c.stderr, "CAUTION, rows in the way here: %d: %s; %s: %s\n", rows, r.Change, r.Kind, r.Query)
		}
	}
}

func (c *command) printScript(p *Plan) error {
	_, err := io.WriteString(c.stdout, p.Script())
	return err
}
