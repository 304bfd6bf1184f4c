// The other scripts use this to open a database as an application with the adapter's default
// entities does.

import { webcrypto } from "node:crypto"
import { MikroORM } from "@mikro-orm/core"
import { MikroOrmAdapter, defaultEntities } from "@auth/mikro-orm-adapter"

globalThis.crypto ??= webcrypto // for Node 18: the default entities make their IDs with it

const drivers = {
	sqlite: ["libsql", "LibSqlDriver"],
	postgresql: ["postgresql", "PostgreSqlDriver"],
	mysql: ["mysql", "MySqlDriver"],
	mariadb: ["mariadb", "MariaDbDriver"],
	mssql: ["mssql", "MsSqlDriver"],
}

// offline returns the ORM for a dialect, not connected.
export async function offline(dialect) {
	return MikroORM.init({ driver: await driver(dialect), dbName: "none", connect: false, entities: Object.values(defaultEntities) })
}

// open connects to a postgres://, mysql:// or mariadb:// URL, or to a SQLite file. It returns the
// ORM, for the schema, and the adapter.
export async function open(dsn) {
	const [, scheme] = /^(\w+):\/\//.exec(dsn) ?? []
	const dialect = scheme === "postgres" ? "postgresql" : (scheme ?? "sqlite")
	const database = { driver: await driver(dialect), ...(scheme ? { clientUrl: dsn } : { dbName: dsn }) }
	const orm = await MikroORM.init({ ...database, entities: Object.values(defaultEntities) })
	const adapter = MikroOrmAdapter({ ...database })
	return { orm, adapter, close: () => Promise.all([orm.close(), adapter.__disconnect()]) }
}

export function print(value) {
	console.log(JSON.stringify(value, null, "\t"))
}

async function driver(dialect) {
	const [name, type] = drivers[dialect] ?? []
	if (!name) throw new Error(`unknown dialect ${dialect}: know ${Object.keys(drivers).join(", ")}`)
	return (await import(`@mikro-orm/${name}`))[type]
}
