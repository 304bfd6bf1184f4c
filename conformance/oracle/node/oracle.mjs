// node oracle.mjs answers calls with what the packages @auth/core and next-auth return. A call is a
// line with the JSON list [method, argument, ...]; the answer is a line with {"value": ...} or
// {"error": "the message of the exception"}. The program ends with its input.

import { createInterface } from "node:readline"
import { createRequire } from "node:module"
import { Auth } from "@auth/core"
import CredentialsV5 from "@auth/core/providers/credentials"
import * as v5 from "@auth/core/jwt"

const require = createRequire(import.meta.url)
const v4 = require("next-auth/jwt")
const NextAuth = require("next-auth").default
const CredentialsV4 = require("next-auth/providers/credentials").default

process.env.AUTH_TRUST_HOST = "true" // has v4 use the Host header; v5 has the option trustHost

const packages = { v4, v5 }

const methods = {
	// decode returns the claims of a session token, or null.
	decode: (generation, parameters) => packages[generation].decode(parameters),

	// encode returns a session token.
	encode: (generation, parameters) => packages[generation].encode(parameters),

	// getToken returns the claims of the session of a request, as an application gets them.
	getToken(generation, headers, parameters) {
		const req = generation === "v5"
			? new Request("http://localhost/", { headers })
			: { headers, cookies: cookies(headers.cookie) }
		return packages[generation].getToken({ req, ...parameters })
	},

	// visit returns the answer of a server to one request. site has: secret, in v5 maybe a list; large,
	// the length of a claim that the session gets at sign-in; tokens, the rows of verification tokens.
	// The answer also has the rows that exist afterwards and the mails that were sent.
	async visit(generation, site, request) {
		const store = { tokens: [...(site.tokens ?? [])], mails: [] }
		const answer = await (generation === "v5" ? visitV5 : visitV4)(configuration(generation, site, store), request)
		return { ...answer, ...store }
	},
}

// configuration is that of a site with JWT sessions, sign-in with the password "right", and sign-in by
// mail.
function configuration(generation, site, store) {
	const ann = { id: "1", name: "Ann Example", email: "ann@example.com" }
	const credentials = {
		credentials: { password: {} },
		authorize: ({ password }) => (password === "right" ? ann : null),
	}
	const mail = {
		id: "email", name: "Email", type: "email", maxAge: 3600,
		sendVerificationRequest: ({ identifier, url }) => void store.mails.push({ to: identifier, url }),
	}
	return {
		secret: site.secret,
		session: { strategy: "jwt" },
		adapter: adapter(store),
		providers: [generation === "v5" ? CredentialsV5(credentials) : CredentialsV4(credentials), mail],
		callbacks: {
			jwt: ({ token, user }) => (user && site.large ? { ...token, large: "x".repeat(site.large) } : token),
		},
		logger: { error() {}, warn() {}, debug() {} },
	}
}

// adapter stores verification tokens. Every address has a user.
function adapter(store) {
	const user = (email) => ({ id: "1", email, name: "Ann Example", image: null, emailVerified: null })
	return {
		getUser: (id) => ({ ...user("ann@example.com"), id }),
		getUserByEmail: user,
		updateUser: (changed) => ({ ...user("ann@example.com"), ...changed }),
		createVerificationToken: (row) => (store.tokens.push(row), row),
		useVerificationToken({ identifier, token }) {
			const i = store.tokens.findIndex((row) => row.identifier === identifier && row.token === token)
			if (i < 0) return null
			const [row] = store.tokens.splice(i, 1)
			return { ...row, expires: new Date(row.expires) }
		},
	}
}

async function visitV5(config, { method, url, headers, form }) {
	const body = form && new URLSearchParams(form)
	const request = new Request(url, { method, headers, body })
	const response = await Auth(request, { ...config, trustHost: true, basePath: "/api/auth" })
	return {
		status: response.status,
		location: response.headers.get("location") ?? "",
		cookies: response.headers.getSetCookie(),
		body: await response.text(),
	}
}

// visitV4 calls the handler as Next.js calls an API route.
async function visitV4(config, { method, url, headers, form }) {
	const { host, protocol, pathname, searchParams } = new URL(url)
	const answer = { status: 200, location: "", cookies: [], body: "" }
	const response = {
		status: (status) => ((answer.status = status), response),
		getHeader: (name) => (name.toLowerCase() === "set-cookie" ? answer.cookies : undefined),
		setHeader(name, value) {
			if (name.toLowerCase() === "set-cookie") answer.cookies = value
			if (name.toLowerCase() === "location") answer.location = value
			return response
		},
		json: (value) => (answer.body = JSON.stringify(value)),
		send: (value) => (answer.body = typeof value === "string" ? value : JSON.stringify(value)),
		end() {},
	}
	const request = {
		method,
		headers: { host, "x-forwarded-host": host, "x-forwarded-proto": protocol.slice(0, -1), ...headers },
		cookies: cookies(headers?.cookie),
		query: { ...Object.fromEntries(searchParams), nextauth: pathname.split("/").slice(3) },
		body: form ?? {},
	}
	await NextAuth(request, response, config)
	return answer
}

// cookies returns the cookies of a Cookie header, as Next.js reads them.
function cookies(header = "") {
	const pairs = header.split("; ").filter(Boolean).map((pair) => pair.split(/=(.*)/s))
	return Object.fromEntries(pairs.map(([name, value]) => [name, decodeURIComponent(value)]))
}

for await (const line of createInterface({ input: process.stdin })) {
	const [method, ...args] = JSON.parse(line)
	let answer
	try {
		answer = { value: (await methods[method](...args)) ?? null }
	} catch (error) {
		answer = { error: String(error?.message || error) }
	}
	process.stdout.write(JSON.stringify(answer) + "\n")
}
