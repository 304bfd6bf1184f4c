package gormadapter_test

import (
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// People sign in also if the rows of users cannot be locked with a read: users may be a view with
// triggers, or have policies by which the program may read a row and not change it.
func TestSignInWhereReadsCannotLock(t *testing.T) {
	t.Parallel()
	for name, made := range map[string][]string{
		"a view": {
			`ALTER TABLE "user" RENAME TO person`,
			`CREATE TABLE setting (person_id text, color text)`,
			`CREATE VIEW "user" AS SELECT p.* FROM person p LEFT JOIN setting s ON s.person_id = p.id`,
			`CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF TG_OP = 'INSERT' THEN INSERT INTO person VALUES (NEW.*);
				ELSE UPDATE person SET name = NEW.name, email = NEW.email, email_verified = NEW.email_verified,
					image = NEW.image WHERE id = OLD.id; END IF;
				RETURN NEW; END $$`,
			`CREATE TRIGGER change INSTEAD OF INSERT OR UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION change()`,
		},
		"policies": {
			`ALTER TABLE "user" ENABLE ROW LEVEL SECURITY`,
			`CREATE POLICY reads ON "user" FOR SELECT USING (true)`,
			`CREATE POLICY adds ON "user" FOR INSERT WITH CHECK (true)`,
			`CREATE POLICY changes ON "user" FOR UPDATE USING (id = current_setting('app.user', true))`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := postgreSQL(t)
			owner := openOn(t, o)
			visitor, grants := withoutRights(t, o, owner)
			for _, sql := range append(made, grants[:2]...) {
				must(t, owner.DB().Exec(sql).Error)
			}
			s := newHeldSite[gormadapter.User](t, openExisting(t, visitor), nil)
			for i := range 2 {
				for _, how := range []string{"at the provider", "by mail"} {
					if b, status, end := ways[how](t, s); b.Session() == nil {
						t.Errorf("%s, time %d: nobody is signed in, %d at %s:\n%s", how, i, status, end, s.log.take())
					}
				}
			}
			if n := count(t, owner, "user"); n != 1 {
				t.Errorf("%d users, want 1", n)
			}
		})
	}
}
