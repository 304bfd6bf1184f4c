// The origin of the API. In production it is of the same site as the front end, such as
// https://api.example.com for https://app.example.com: browsers send the session to no other site.
const api = import.meta.env.VITE_API ?? "http://localhost:3000"

// get reads the answer of an endpoint with the visitor's cookies.
async function get(path) {
	const answer = await fetch(api + path, { credentials: "include" })
	if (!answer.ok) throw new Error(`${path}: status ${answer.status}`)
	return answer.json()
}

// send sends a form with the CSRF token to an endpoint. The answer is JSON with the URL that the
// browser goes to next: features look at Accept, the endpoints of Auth.js at the other header.
async function send(path, form) {
	const { csrfToken } = await get("/api/auth/csrf")
	const answer = await fetch(api + path, {
		method: "POST",
		credentials: "include",
		headers: { Accept: "application/json", "X-Auth-Return-Redirect": "1" },
		body: new URLSearchParams({ csrfToken, callbackUrl: location.href, ...form }),
	})
	const { url, error } = await answer.json()
	return { url, error: error ?? new URL(url).searchParams.get("error") }
}

// post sends a form and opens what comes next.
async function post(path, form) {
	location.href = (await send(path, form)).url
}

// form shows a form. Fields are names and types of its inputs; done gets what was typed.
function form(id, text, fields, done) {
	const element = document.createElement("form")
	element.id = id
	for (const [name, type] of Object.entries(fields)) {
		const input = document.createElement("input")
		Object.assign(input, { name, type, placeholder: name, required: true })
		element.append(input)
	}
	const button = document.createElement("button")
	button.textContent = text
	element.append(button)
	element.onsubmit = event => {
		event.preventDefault()
		done(Object.fromEntries(new FormData(element))).catch(fail)
	}
	document.querySelector("#forms").append(element)
}

// answer shows what was wrong with a form, or goes on.
async function answer(path, typed, next) {
	const { url, error } = await send(path, typed)
	if (error) show(`That was not accepted: ${error}`)
	else next(url)
}

const open = url => { location.href = url }

// showPasswordForms shows the forms for a password: to sign in, and to ask for the mail of a sign-up.
function showPasswordForms() {
	const signIn = "/api/auth/callback/password", signUp = "/api/auth/password/signup"
	form("password", "Sign in", { email: "email", password: "password" }, typed => answer(signIn, typed, open))
	form("signup", "Sign up", { email: "email" },
		typed => answer(signUp, typed, () => show("Open the link in our mail")))
}

// showChoose is the page behind the link of that mail. It says whose password it is.
function showChoose() {
	const query = new URLSearchParams(location.search), choose = "/api/auth/password/choose"
	const email = query.get("email"), link = query.get("link")
	show(`Choose the password of ${email}`)
	form("choose", "Save", { password: "password" }, ({ password }) =>
		answer(choose, { password, email, link, callbackUrl: location.origin + "/" }, open))
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
	if (location.pathname === "/choose") return showChoose()
	const session = await get("/api/auth/session")
	if (session) {
		show(`Signed in as ${session.user.name || session.user.email}`)
		button("Sign out", () => post("/api/auth/signout"))
		return
	}
	show("Not signed in")
	for (const { id, name, type } of Object.values(await get("/api/auth/providers"))) {
		if (type === "oidc" || type === "oauth") button(`Sign in with ${name}`, () => post(`/api/auth/signin/${id}`))
		if (id === "password") showPasswordForms()
	}
}

start().catch(fail)
