// node read.mjs DSN reads calls of the adapter's methods from its input and prints what they
// returned, both as JSON lists of the same length:
//
//	[["getUser", "id"], ["getUserByEmail", "ada@example.com"],
//	 ["getUserByAccount", {"provider": "github", "providerAccountId": "583231"}],
//	 ["getSessionAndUser", "token"],
//	 ["useVerificationToken", {"identifier": "ada@example.com", "token": "..."}]]
//
// It prints null if nothing is found, and {"error": "its message"} if a method failed. Methods that
// write can be called too, except with dates, which JSON does not have.

import { text } from "node:stream/consumers"
import { open, print } from "./database.mjs"

const calls = JSON.parse(await text(process.stdin))
const { adapter, close } = await open(process.argv[2])
const results = []
for (const [method, argument] of calls) {
	results.push(await adapter[method](argument).catch((error) => ({ error: error.message })))
}
print(results)
await close()
