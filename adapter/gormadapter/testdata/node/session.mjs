// node session.mjs DSN TOKEN prints what @auth/core answers to GET /api/auth/session from a browser
// with that session token in its cookie. Like any such request it deletes an expired session, and
// renews one that it has not renewed for a day.

import { Auth } from "@auth/core"
import { open, print } from "./database.mjs"

const [dsn, token] = process.argv.slice(2)
const { adapter, close } = await open(dsn)
const request = new Request("http://localhost:3000/api/auth/session", { headers: { cookie: `authjs.session-token=${token}` } })
const response = await Auth(request, { adapter, providers: [], session: { strategy: "database" }, secret: "only here", trustHost: true, basePath: "/api/auth" })
print({ status: response.status, body: await response.json() })
await close()
