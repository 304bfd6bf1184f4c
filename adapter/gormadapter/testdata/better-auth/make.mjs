// Writes sqlite.sql and postgresql.sql: the tables of an application with Better Auth, as its own
// migration makes them, and the rows that its own sign-up writes. Run it with Node.js after npm
// install here, with the URL of an empty PostgreSQL database in CARDEA_TEST_POSTGRES.
import { writeFileSync } from "node:fs";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { SqliteDialect } from "kysely";
import Database from "libsql";
import pg from "pg";

const people = [
  { name: "Ada", email: "ada@example.com", password: "correct horse battery staple", verified: true },
  { name: "Ben", email: "ben@example.com", password: "Zoe\u0308 \uff21 \ufb01 ten", verified: false },
];

const sqlite = new Database(":memory:");
const pool = new pg.Pool({ connectionString: process.env.CARDEA_TEST_POSTGRES });

const engines = {
  sqlite: { database: { dialect: new SqliteDialect({ database: sqlite }), type: "sqlite" }, rows: (table) => sqlite.prepare(`select * from "${table}"`).all() },
  postgresql: { database: pool, rows: async (table) => (await pool.query(`select * from "${table}"`)).rows },
};

for (const [name, { database, rows }] of Object.entries(engines)) {
  const options = {
    database,
    baseURL: "http://localhost",
    secret: "a secret of at least 32 bytes, only for tests",
    emailAndPassword: { enabled: true },
  };
  const migrations = await getMigrations(options);
  const lines = [(await migrations.compileMigrations()).trim()];
  await migrations.runMigrations();
  const auth = betterAuth(options);
  const { internalAdapter } = await auth.$context;
  for (const { verified, ...body } of people) {
    const { user } = await auth.api.signUpEmail({ body });
    if (verified) {
      await internalAdapter.updateUser(user.id, { emailVerified: true });
      await internalAdapter.linkAccount({ userId: user.id, providerId: "github", accountId: "583231" });
    }
  }
  // Somebody who has signed in at a provider alone.
  await internalAdapter.createOAuthUser(
    { name: "Eve", email: "eve@example.com", emailVerified: true, image: "https://example.com/eve.png" },
    { providerId: "google", accountId: "1234567890" },
  );
  for (const table of ["user", "account"]) {
    for (const row of await rows(table)) {
      const names = Object.keys(row).map((column) => `"${column}"`);
      lines.push(`insert into "${table}" (${names}) values (${Object.values(row).map(literal)});`);
    }
  }
  writeFileSync(new URL(`${name}.sql`, import.meta.url), lines.join("\n") + "\n");
}
await pool.end();

function literal(value) {
  if (value === null) return "null";
  if (value instanceof Date) return `'${value.toISOString()}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
