// The origin of the API. In production it is of the same site as the front end, such as
// https://api.example.com for https://app.example.com: browsers send the session to no other site.
const api = import.meta.env.VITE_API ?? "http://localhost:3000"

// get reads the answer of an endpoint with the visitor's cookies.
async function get(path) {
	const answer = await fetch(api + path, { credentials: "include" })
	if (!answer.ok) throw new Error(`${path}: status ${answer.status}`)
	return answer.json()
}

// post sends a form with the CSRF token to an endpoint. Because of X-Auth-Return-Redirect, the answer
// is JSON with the URL that the browser goes to next.
async function post(path, form) {
	const { csrfToken } = await get("/api/auth/csrf")
	const answer = await fetch(api + path, {
		method: "POST",
		credentials: "include",
		headers: { "X-Auth-Return-Redirect": "1" },
		body: new URLSearchParams({ csrfToken, callbackUrl: location.href, ...form }),
	})
	location.href = (await answer.json()).url
}

function button(text, action) {
	const element = document.createElement("button")
	element.textContent = text
	element.onclick = () => action().catch(fail)
	document.querySelector("#buttons").append(element)
}

function show(text) {
	document.querySelector("h1").textContent = text
}

function fail(error) {
	show(`The API is not reachable: ${error.message}`)
}

async function start() {
	const session = await get("/api/auth/session")
	if (session) {
		show(`Signed in as ${session.user.name}`)
		button("Sign out", () => post("/api/auth/signout"))
		return
	}
	show("Not signed in")
	for (const { id, name, type } of Object.values(await get("/api/auth/providers"))) {
		if (type === "oidc" || type === "oauth") button(`Sign in with ${name}`, () => post(`/api/auth/signin/${id}`))
	}
}

start().catch(fail)
