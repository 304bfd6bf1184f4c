// node schema.mjs DIALECT prints the statements of a new schema for sqlite, postgresql, mysql,
// mariadb or mssql. It needs no database.

import { offline } from "./database.mjs"

const orm = await offline(process.argv[2])
console.log((await orm.schema.getCreateSchemaSQL({ wrap: false })).trim())
await orm.close()
