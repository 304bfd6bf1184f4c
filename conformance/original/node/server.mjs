// node server.mjs runs servers of the packages @auth/core and next-auth. It answers calls: a call is a
// line with the JSON list [method, argument, ...], the answer a line with {"value": ...} or
// {"error": "..."}. It ends with its input.

import { createServer } from "node:http"
import { createInterface } from "node:readline"
import { createRequire } from "node:module"
import { text } from "node:stream/consumers"
import { MikroORM } from "@mikro-orm/core"
import { LibSqlDriver } from "@mikro-orm/libsql"
import { MikroOrmAdapter, defaultEntities } from "@auth/mikro-orm-adapter"

const require = createRequire(import.meta.url)
// @auth/core sends a mail and stores its token at the same time. If both fail, nobody catches one of
// the exceptions.
process.on("unhandledRejection", () => {})
process.env.AUTH_TRUST_HOST = "true" // has v4 use the Host header; v5 has the option trustHost

let mails = []
let mailFails = false

const methods = {
	// seed creates the adapter's tables in an empty database and inserts users and sessions.
	async seed(file, users, sessions) {
		const entities = Object.values(defaultEntities)
		const orm = await MikroORM.init({ driver: LibSqlDriver, dbName: file, entities })
		await orm.schema.createSchema()
		await orm.close()
		const adapter = MikroOrmAdapter({ driver: LibSqlDriver, dbName: file })
		for (const { emailVerified, ...user } of users) {
			await adapter.createUser({ ...user, emailVerified: emailVerified ? new Date(emailVerified) : null })
		}
		for (const session of sessions) {
			await adapter.createSession({ ...session, expires: new Date(session.expires) })
		}
		await adapter.__disconnect()
	},

	// start starts a server with a configuration and returns its address.
	async start(generation, options) {
		const handle = generation === "v5" ? await serverV5(options) : await serverV4(options)
		const server = createServer((request, response) =>
			handle(request, response).catch(() => response.writeHead(500).end("an exception")),
		)
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
		return `http://127.0.0.1:${server.address().port}`
	},

	// encode returns a session token.
	async encode(generation, parameters) {
		const jwt = generation === "v5" ? await import("@auth/core/jwt") : require("next-auth/jwt")
		return jwt.encode(parameters)
	},

	// takeMails returns the mails that were sent since the last call.
	takeMails() {
		const taken = mails
		mails = []
		return taken
	},

	// failMails has sending fail, or work again, from now on.
	failMails: (fail) => void (mailFails = fail),
}

// configuration is the part of the configuration that both versions share. The password decides what
// the check of credentials returns, and the address what the signIn callback returns.
function configuration(options, credentials) {
	return {
		secret: options.secret,
		adapter: MikroOrmAdapter({ driver: LibSqlDriver, dbName: options.database }),
		session: { strategy: options.strategy },
		pages: options.pages ?? {},
		providers: [
			...(options.issuer ? [openID(options)] : []),
			credentials,
			{
				id: "email", name: "Email", type: "email", maxAge: 24 * 60 * 60,
				async sendVerificationRequest({ identifier, url }) {
					if (mailFails) throw new Error("no mail server")
					mails.push({ to: identifier, url })
				},
			},
		],
		callbacks: {
			signIn({ user }) {
				if (user.email?.startsWith("denied")) return false
				if (user.email?.startsWith("elsewhere")) return "/elsewhere"
				return true
			},
			jwt({ token, trigger, session }) {
				if (trigger === "update" && session?.fail) throw new Error("update refused")
				if (trigger === "update" && session?.name) return { ...token, name: session.name }
				return token
			},
		},
		logger: { error() {}, warn() {}, debug() {} },
	}
}

// openID is the same provider in the configuration language of each version.
function openID({ generation, issuer, clientId, clientSecret }) {
	const provider = {
		id: "idp", name: "Identity Provider", clientId, clientSecret, checks: ["pkce", "state", "nonce"],
		client: { id_token_signed_response_alg: "ES256" },
	}
	if (generation === "v5") return { ...provider, type: "oidc", issuer }
	return {
		...provider, type: "oauth", idToken: true,
		wellKnown: `${issuer}/.well-known/openid-configuration`,
		authorization: { params: { scope: "openid profile email" } },
		profile: ({ sub, name, email, picture }) => ({ id: sub, name, email, image: picture }),
	}
}

async function serverV5(options) {
	const { Auth } = await import("@auth/core")
	const { CredentialsSignin } = await import("@auth/core/errors")
	const { default: Credentials } = await import("@auth/core/providers/credentials")
	class Locked extends CredentialsSignin {
		code = "locked"
	}
	const credentials = Credentials({
		credentials: { password: {} }, authorize: ({ password }) => check(options.user, password, Locked),
	})
	const config = { ...configuration(options, credentials), trustHost: true, basePath: "/api/auth" }
	return async (request, response) => {
		const body = request.method === "GET" || request.method === "HEAD" ? undefined : await text(request)
		const ofConnection = ["content-length", "connection"]
		const headers = Object.entries(request.headers).filter(([name]) => !ofConnection.includes(name))
		const received = new Request(urlOf(request), { method: request.method, headers, body })
		const answer = await Auth(received, config)
		answer.headers.forEach((value, name) => name !== "set-cookie" && response.setHeader(name, value))
		response.setHeader("set-cookie", answer.headers.getSetCookie())
		response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
	}
}

// serverV4 calls the handler as Next.js calls an API route.
async function serverV4(options) {
	const NextAuth = require("next-auth").default
	const Credentials = require("next-auth/providers/credentials").default
	class Locked extends Error {
		message = "locked"
	}
	const credentials = Credentials({
		credentials: { password: {} }, authorize: ({ password }) => check(options.user, password, Locked),
	})
	const config = configuration(options, credentials)
	return async (request, response) => {
		const url = urlOf(request)
		const nextauth = url.pathname.split("/").slice(3).filter(Boolean)
		request.query = { ...Object.fromEntries(url.searchParams), nextauth }
		request.cookies = cookies(request.headers.cookie)
		request.body = parse(request.headers["content-type"] ?? "", await text(request))
		request.headers["x-forwarded-host"] ??= request.headers.host
		response.status = (status) => ((response.statusCode = status), response)
		response.json = (value) =>
			response.setHeader("Content-Type", "application/json; charset=utf-8").end(JSON.stringify(value))
		response.send = (value) => response.end(typeof value === "object" ? JSON.stringify(value) : value)
		await NextAuth(request, response, config)
	}
}

function check(user, password, Locked) {
	switch (password) {
		case "right":
			return user
		case "locked":
			throw new Locked()
		case "broken":
			throw new Error("the database is away")
	}
	return null
}

// urlOf returns the URL that the browser requested, as a framework behind a proxy determines it.
function urlOf({ url, headers }) {
	const scheme = headers["x-forwarded-proto"] ?? "http"
	return new URL(url, `${scheme}://${headers["x-forwarded-host"] ?? headers.host}`)
}

// cookies returns the cookies of a Cookie header, as Next.js reads them.
function cookies(header = "") {
	const pairs = header.split("; ").filter(Boolean).map((pair) => pair.split(/=(.*)/s))
	return Object.fromEntries(pairs.map(([name, value]) => [name, decodeURIComponent(value)]))
}

function parse(type, body) {
	if (type.includes("application/json")) return body && JSON.parse(body)
	if (type.includes("application/x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(body))
	return body
}

for await (const line of createInterface({ input: process.stdin })) {
	const [method, ...args] = JSON.parse(line)
	let answer
	try {
		answer = { value: (await methods[method](...args)) ?? null }
	} catch (error) {
		answer = { error: String(error?.stack || error) }
	}
	process.stdout.write(JSON.stringify(answer) + "\n")
}
process.exit(0) // the servers would keep the process running
