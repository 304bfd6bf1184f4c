package schemachange

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// mysqlDriver is Atlas's driver, with plans that know which indexes foreign keys need.
//
// A foreign key needs an index that begins with its columns. If there is none, the server creates
// one with the name of the foreign key. It keeps it when the foreign key is dropped, and drops it
// without a word when another such index is created. Nobody can see later whether an index is the
// server's or the application's.
type mysqlDriver struct{ migrate.Driver }

// PlanChanges returns a plan that drops no index which a foreign key needs, neither when it runs
// nor when it is undone.
func (d mysqlDriver) PlanChanges(
	ctx context.Context, name string, changes []schema.Change, opts ...migrate.PlanOption,
) (*migrate.Plan, error) {
	var list []schema.Change
	for _, c := range changes {
		if modify, ok := c.(*schema.ModifyTable); ok {
			parts := append(keepIndexes(modify.Changes), addKeyIndexes(modify.T)...)
			c = &schema.ModifyTable{T: modify.T, Changes: parts}
		}
		list = append(list, c)
	}
	p, err := d.Driver.PlanChanges(ctx, name, list, opts...)
	if err != nil {
		return nil, err
	}
	added := addedKeys(p)
	for _, c := range p.Changes {
		if err := d.dropKeysInReverse(ctx, c, added); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// keepIndexes returns the changes without those indexes that Atlas would drop.
//
// If a foreign key moves to another table, Atlas drops the index with its name, which may not exist
// or may be the application's. The foreign key goes on with the index that it has.
//
// Atlas replaces an index in two statements, and the server refuses the first if a foreign key
// needs the index. One statement with both is allowed.
func keepIndexes(changes []schema.Change) (list []schema.Change) {
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.ModifyForeignKey:
			kept := *c
			kept.Change &^= schema.ChangeRefTable | schema.ChangeRefColumn
			list = append(list, &kept)
		case *schema.ModifyIndex:
			list = append(list, &schema.DropIndex{I: c.From}, &schema.AddIndex{I: c.To})
		default:
			list = append(list, c)
		}
	}
	return list
}

// addKeyIndexes adds an index for each foreign key that would have none. The server would give it a
// name that may be taken, and undoing the foreign key would leave it.
func addKeyIndexes(t *schema.Table) (list []schema.Change) {
	indexes := slices.Clone(t.Indexes)
	if t.PrimaryKey != nil {
		indexes = append(indexes, t.PrimaryKey)
	}
	for _, key := range t.ForeignKeys {
		if slices.ContainsFunc(indexes, func(i *schema.Index) bool { return beginsWith(i, key.Columns) }) {
			continue
		}
		name := key.Symbol
		isTaken := func(i *schema.Index) bool { return strings.EqualFold(i.Name, name) }
		for n := 2; slices.ContainsFunc(indexes, isTaken); n++ {
			name = fmt.Sprintf("%s_%d", key.Symbol, n)
		}
		index := schema.NewIndex(name).AddColumns(key.Columns...)
		indexes = append(indexes, index)
		list = append(list, &schema.AddIndex{I: index})
	}
	return list
}

func beginsWith(i *schema.Index, columns []*schema.Column) bool {
	return len(i.Parts) >= len(columns) && slices.EqualFunc(i.Parts[:len(columns)], columns,
		func(p *schema.IndexPart, c *schema.Column) bool {
			return p.C != nil && strings.EqualFold(p.C.Name, c.Name)
		})
}

func addedKeys(p *migrate.Plan) (keys []*schema.ForeignKey) {
	for _, c := range p.Changes {
		if modify, ok := c.Source.(*schema.ModifyTable); ok {
			for _, part := range modify.Changes {
				if add, ok := part.(*schema.AddForeignKey); ok {
					keys = append(keys, add.F)
				}
			}
		}
	}
	return keys
}

// dropKeysInReverse lets a change that adds an index be undone, although the server may drop its
// own index for the new one. Then a foreign key needs the new one. So the foreign key is dropped
// before the index and added after it, and the server creates its index again.
//
// That is not done if the undoing brings back another index that the foreign key can use, nor for
// the foreign keys that the plan adds: they are gone by then.
func (d mysqlDriver) dropKeysInReverse(ctx context.Context, c *migrate.Change, added []*schema.ForeignKey) error {
	modify, ok := c.Source.(*schema.ModifyTable)
	if !ok {
		return nil
	}
	var drops []schema.Change
	for _, key := range modify.T.ForeignKeys {
		var gains, loses bool
		for _, part := range modify.Changes {
			switch part := part.(type) {
			case *schema.AddIndex:
				gains = gains || beginsWith(part.I, key.Columns)
			case *schema.DropIndex:
				loses = loses || beginsWith(part.I, key.Columns)
			}
		}
		if gains && !loses && !slices.Contains(added, key) {
			drops = append(drops, &schema.DropForeignKey{F: key})
		}
	}
	if len(drops) == 0 {
		return nil
	}
	statements, err := c.ReverseStmts()
	if err != nil {
		return err
	}
	p, err := d.Driver.PlanChanges(ctx, "keys", []schema.Change{&schema.ModifyTable{T: modify.T, Changes: drops}})
	if err != nil {
		return err
	}
	add, err := p.Changes[0].ReverseStmts()
	if err != nil {
		return err
	}
	c.Reverse = slices.Concat([]string{p.Changes[0].Cmd}, statements, add)
	return nil
}
