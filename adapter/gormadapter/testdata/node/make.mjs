// node make.mjs DSN creates the schema in an empty database, fills it through the adapter, and
// prints as JSON what the adapter's methods returned. The database is a SQLite file, or a
// postgres://, mysql:// or mariadb:// URL.

import { createHash, randomUUID } from "node:crypto"
import { open, print } from "./database.mjs"

const { orm, adapter, close } = await open(process.argv[2])
await orm.schema.createSchema()

// users are created as @auth/core does, with an ID that it makes, and as an application may. A user
// without an e-mail address gets '' from the default entity, so there can be only one. A user whose
// address is null has NULL.
const [ada, zoe, bare] = [
	await adapter.createUser({ id: randomUUID(), name: "Ada Lovelace", email: "ada@example.com", emailVerified: new Date("2024-02-29T23:59:59.987Z"), image: "https://example.com/ada.png" }),
	await adapter.createUser({ id: randomUUID(), name: "Zoë O'Brien \\ \"李小龍\" שלום 👩‍💻 e\u0301", email: "zoë+Tag@exämple.com", emailVerified: null, image: "https://example.com/zo%C3%AB.png?a=1&b=\u{1F511}" }),
	await adapter.createUser({ id: randomUUID(), email: "bare@example.com", emailVerified: null }),
]
const users = [
	ada,
	zoe,
	bare,
	await adapter.createUser({ name: null, email: null, emailVerified: null, image: null }),
	await adapter.createUser({ id: "not-a-uuid", name: "" }),
]

const accounts = [
	await adapter.linkAccount({ userId: ada.id, type: "oauth", provider: "github", providerAccountId: "583231", access_token: "gho_" + "a".repeat(36), token_type: "bearer", scope: "read:user,user:email" }),
	await adapter.linkAccount({ userId: ada.id, type: "oidc", provider: "google", providerAccountId: "110169484474386276334", refresh_token: "1//" + "r".repeat(100), access_token: "ya29." + "b".repeat(250), expires_at: 2147483647, token_type: "bearer", scope: "openid email profile", id_token: "eyJ" + "i".repeat(2000), session_state: "4f2c..9d" }),
	await adapter.linkAccount({ userId: zoe.id, type: "oidc", provider: "keycloak", providerAccountId: "auth|zoë", expires_at: 0 }),
]

const soon = new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * 24 * 60 * 60 * 1000 + 123) // always with milliseconds
const past = new Date("2020-01-02T03:04:05.678Z")
const sessions = [
	await adapter.createSession({ sessionToken: randomUUID(), userId: ada.id, expires: soon }),
	await adapter.createSession({ sessionToken: randomUUID(), userId: ada.id, expires: past }),
	await adapter.createSession({ sessionToken: randomUUID(), userId: zoe.id, expires: soon }),
	await adapter.createSession({ sessionToken: randomUUID(), userId: bare.id, expires: soon }),
]

const sha256 = (text) => createHash("sha256").update(text).digest("hex")
const verificationTokens = [
	await adapter.createVerificationToken({ identifier: "ada@example.com", token: sha256("live"), expires: soon }),
	await adapter.createVerificationToken({ identifier: "new@example.com", token: sha256("expired"), expires: past }),
]

print({ users, accounts, sessions, verificationTokens })
await close()
