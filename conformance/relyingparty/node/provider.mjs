// node provider.mjs runs OpenID providers of the package oidc-provider, with the package's own pages
// for sign-in and consent. It answers calls: a call is a line with the JSON list
// [method, argument, ...], the answer a line with {"value": ...} or {"error": "..."}. It ends with its
// input.

import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import { createInterface } from "node:readline"
import { Provider } from "oidc-provider"

console.info = console.error // for the package's notices; standard output is for answers

const methods = {
	// start starts a provider that knows one client, and returns its issuer.
	async start(client, options) {
		const server = createServer()
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
		const issuer = `http://127.0.0.1:${server.address().port}`
		const provider = new Provider(issuer, {
			clients: [client],
			findAccount: (_, id) => ({ accountId: id, claims: () => claims(id) }),
			claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
			features: {
				dPoP: {
					enabled: true, nonceSecret: randomBytes(32), requireNonce: () => options.demandNonce,
				},
				pushedAuthorizationRequests: { enabled: true },
				jwtUserinfo: { enabled: true },
			},
			jwks: options.jwks,
			cookies: { keys: ["a key of the provider's cookies"] },
			ttl: { AccessToken: 30 }, // seconds; Cardea refreshes tokens that expire within a minute
			rotateRefreshToken: true,
			...options.configuration,
		})
		server.on("request", provider.callback())
		return issuer
	},
}

const claims = (id) => ({
	sub: id, name: "Ann Example", email: `${id}@example.com`, email_verified: true,
})

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
