package schemachange

import (
	"context"
	"fmt"
	"slices"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// comparison finds the changes between the live tables and the tables of the entities.
type comparison struct {
	engine liveEngine
	driver migrate.Driver
	q      schema.ExecQuerier // the connection

	// want has the tables of the entities. compare adds to them what is only in the live tables.
	want []*schema.Table

	changes   []schema.Change
	extra     []string             // what is in no entity, for Plan.Extra
	preserved map[string]preserved // by the name of the table
}

// compare fills changes, extra and preserved.
func (c *comparison) compare(ctx context.Context) error {
	live, err := c.inspect(ctx)
	if err != nil {
		return err
	}
	for _, name := range schemaNames(c.want) {
		if live.missingSchemas[name] {
			c.changes = append(c.changes, addSchema(name))
		}
	}
	for _, want := range c.want {
		if live.tables[want] == nil {
			c.changes = append(c.changes, &schema.AddTable{T: want})
			continue
		}
		if err := c.compareTable(ctx, live.tables[want], want); err != nil {
			return fmt.Errorf("table %s: %w", want.Name, err)
		}
	}
	return nil
}

func (c *comparison) compareTable(ctx context.Context, live, want *schema.Table) error {
	unseen, err := c.engine.normalize(ctx, c.q, live, want)
	if err != nil {
		return err
	}
	preserved, err := c.engine.preserve(ctx, c.q, live, want)
	if err != nil {
		return err
	}
	c.preserved[want.Name] = preserved
	for _, object := range preserved.objects {
		c.extra = append(c.extra, object.name)
	}
	extra, err := mergeExtra(live, want)
	if err != nil {
		return err
	}
	c.extra = append(c.extra, extra...)
	changes, err := c.driver.TableDiff(live, want)
	if err != nil {
		return err
	}
	if changes = addUnseen(changes, unseen); len(changes) > 0 {
		c.changes = append(c.changes, &schema.ModifyTable{T: want, Changes: changes})
	}
	return nil
}

// addUnseen adds the changes that Atlas has not found. A column is in one change only.
func addUnseen(changes, unseen []schema.Change) []schema.Change {
	for _, u := range unseen {
		column, ok := u.(*schema.ModifyColumn)
		if !ok || !slices.ContainsFunc(changes, func(c schema.Change) bool {
			found, ok := c.(*schema.ModifyColumn)
			if ok = ok && found.To == column.To; ok {
				found.Change |= column.Change
			}
			return ok
		}) {
			changes = append(changes, u)
		}
	}
	return changes
}

// reverseChanges returns the changes that undo those of compare.
func (c *comparison) reverseChanges(ctx context.Context) ([]schema.Change, error) {
	live, err := c.inspect(ctx)
	if err != nil {
		return nil, err
	}
	var list []schema.Change
	for _, change := range slices.Backward(c.changes) {
		switch change := change.(type) {
		case *schema.AddTable:
			list = append(list, &schema.DropTable{T: change.T})
		case *schema.ModifyTable:
			reversed, err := c.reverseTable(ctx, live.tables[change.T], change)
			if err != nil {
				return nil, err
			}
			list = append(list, reversed)
		}
	}
	return list, nil
}

func (c *comparison) reverseTable(
	ctx context.Context, live *schema.Table, change *schema.ModifyTable,
) (*schema.ModifyTable, error) {
	if _, err := c.engine.preserve(ctx, c.q, live, change.T); err != nil {
		return nil, err
	}
	changes, err := c.driver.TableDiff(change.T, live)
	if err != nil {
		return nil, err
	}
	for _, part := range change.Changes {
		if check, ok := part.(*schema.ModifyCheck); ok {
			changes = append(changes, &schema.ModifyCheck{From: check.To, To: check.From})
		}
	}
	return &schema.ModifyTable{T: live, Changes: changes}, nil
}

// inspection is what the database has for the tables of the entities.
type inspection struct {
	tables         map[*schema.Table]*schema.Table // the live table for each table of want
	missingSchemas map[string]bool
}

func (c *comparison) inspect(ctx context.Context) (*inspection, error) {
	found := &inspection{make(map[*schema.Table]*schema.Table), make(map[string]bool)}
	for _, name := range schemaNames(c.want) {
		tables := tablesOf(name, c.want)
		live, err := c.inspectSchema(ctx, name, tables)
		if schema.IsNotExistError(err) && name != "" {
			found.missingSchemas[name] = true
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("inspect: %w", err)
		}
		for _, want := range tables {
			if t, ok := live.Table(want.Name); ok {
				found.tables[want] = t
			}
		}
	}
	return found, nil
}

func (c *comparison) inspectSchema(
	ctx context.Context, name string, tables []*schema.Table,
) (*schema.Schema, error) {
	options := &schema.InspectOptions{Mode: schema.InspectTables | schema.InspectTypes}
	for _, t := range tables {
		options.Tables = append(options.Tables, t.Name)
	}
	live, err := c.driver.InspectSchema(ctx, name, options)
	if err != nil {
		return nil, err
	}
	live.Name = name // Atlas sets the name of the default schema, which the statements should not contain
	return live, nil
}

// schemaNames returns the names of the tables' schemas, each once. The default schema has the empty
// name.
func schemaNames(tables []*schema.Table) (names []string) {
	for _, t := range tables {
		if !slices.Contains(names, t.Schema.Name) {
			names = append(names, t.Schema.Name)
		}
	}
	return names
}

func tablesOf(schemaName string, tables []*schema.Table) (list []*schema.Table) {
	for _, t := range tables {
		if t.Schema.Name == schemaName {
			list = append(list, t)
		}
	}
	return list
}

func addSchema(name string) schema.Change {
	return &schema.AddSchema{S: schema.New(name), Extra: []schema.Clause{&schema.IfNotExists{}}}
}
