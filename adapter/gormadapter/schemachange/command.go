package schemachange

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm/schema"
)

// App is what [Main] needs to know about an application.
type App struct {
	// Open connects as the application does, with the given options. Required. It is not called for
	// a fresh schema.
	Open func(...gormadapter.Option) (*gormadapter.Adapter, error)

	// Options are the application's own, such as gormadapter.WithUser.
	Options []gormadapter.Option

	// Entities are the application's tables beside the adapter's, each a pointer to a struct.
	Entities []any

	// Naming names the tables and columns of a fresh schema, and is what Open gives to GORM.
	// Defaults to GORM's own.
	Naming schema.Namer
}

const usage = `usage:
  fresh -dialect NAME                      the schema of an empty database: sqlite, postgres, mysql, mariadb or sqlserver
  diff                                     what the live database lacks, as SQL
  check                                    the same as a list; fails unless it is empty
  apply                                    diff, and run it
  new [-format goose|migrate] [-dir DIR] NAME
                                           diff, as the next numbered migration, up and down; DIR is migrations
`

// Main is a command that an application makes of its entities:
//
//	func main() { os.Exit(schemachange.Main(context.Background(), app, os.Args[1:], os.Stdout, os.Stderr)) }
//
// The first argument is fresh, diff, check, apply or new; without one Main writes what there is. It
// returns the status to exit with: 0, 1 when something failed or check found a difference, 2 when
// the arguments are wrong. SQL and lists go to stdout; errors, and what the database has and no
// entity knows, to stderr.
func Main(ctx context.Context, app App, args []string, stdout, stderr io.Writer) int {
	c := &command{app: app, stdout: stdout, stderr: stderr}
	commands := map[string]func(context.Context, []string) error{"fresh": c.fresh, "diff": c.diff, "check": c.check, "apply": c.apply, "new": c.create}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
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
	return 1
}

var (
	errUsage = errors.New("wrong arguments")
	errCheck = errors.New("the database differs from the entities")
)

type command struct {
	app            App
	stdout, stderr io.Writer
}

// parse reads flags and wants exactly as many arguments after them.
func parse(flags *flag.FlagSet, args []string, want int) error {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() != want {
		return fmt.Errorf("%w: %d after %s, want %d", errUsage, flags.NArg(), flags.Name(), want)
	}
	return nil
}

func (c *command) fresh(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("fresh", flag.ContinueOnError)
	dialect := flags.String("dialect", "", "")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	if _, err := engineOf(*dialect); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	db, err := offlineDB(*dialect)
	if err != nil {
		return err
	}
	if c.app.Naming != nil {
		db.NamingStrategy = c.app.Naming
	}
	a, err := gormadapter.New(db, c.app.Options...)
	if err != nil {
		return err
	}
	p, err := Fresh(*dialect, a, c.app.Entities...)
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.stdout, p.Script())
	return err
}

func (c *command) diff(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("diff", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return c.live(func(a *gormadapter.Adapter) error {
		p, err := c.planned(Diff(ctx, a, c.app.Entities...))
		if err != nil {
			return err
		}
		_, err = io.WriteString(c.stdout, p.Script())
		return err
	})
}

func (c *command) check(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("check", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return c.live(func(a *gormadapter.Adapter) error {
		p, err := c.planned(Diff(ctx, a, c.app.Entities...))
		if err != nil || len(p.Differences) == 0 {
			return err
		}
		if _, err := fmt.Fprintln(c.stdout, strings.Join(p.Differences, "\n")); err != nil {
			return err
		}
		return errCheck
	})
}

func (c *command) apply(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("apply", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return c.live(func(a *gormadapter.Adapter) error {
		p, err := c.planned(Apply(ctx, a, c.app.Entities...))
		if err != nil {
			return err
		}
		_, err = io.WriteString(c.stdout, p.Script())
		return err
	})
}

func (c *command) create(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("new", flag.ContinueOnError)
	format, dir := flags.String("format", "goose", ""), flags.String("dir", "migrations", "")
	if err := parse(flags, args, 1); err != nil {
		return err
	}
	m, err := newMigration(*format, *dir, flags.Arg(0))
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return c.live(func(a *gormadapter.Adapter) error {
		p, err := c.planned(Diff(ctx, a, c.app.Entities...))
		if err != nil {
			return err
		}
		if len(p.Up) == 0 {
			fmt.Fprintln(c.stderr, "nothing to do")
			return nil
		}
		files, err := m.write(p)
		for _, file := range files {
			fmt.Fprintln(c.stdout, file)
		}
		return err
	})
}

func (c *command) live(do func(*gormadapter.Adapter) error) error {
	a, err := c.app.Open(c.app.Options...)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

func (c *command) planned(p *Plan, err error) (*Plan, error) {
	if err != nil {
		return nil, err
	}
	for _, extra := range p.Extra {
		fmt.Fprintln(c.stderr, "no entity knows "+extra)
	}
	return p, nil
}
