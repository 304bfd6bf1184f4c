// The page for both versions of the client. It shows what useSession returns, and gives that and the
// client's functions to the test. Its query sets properties of SessionProvider, and the option
// required of useSession.
import { useEffect } from "react"
import { createRoot } from "react-dom/client"
import * as client from "next-auth/react"

const properties = {}
for (const [name, value] of new URLSearchParams(location.search)) {
	if (/^(\d+|true|false)$/.test(value)) properties[name] = JSON.parse(value)
}
const { required = false, ...provider } = properties

window.client = client
window.seen = [] // what useSession has returned so far, without repetitions

function Visitor() {
	const session = client.useSession({ required })
	const user = session.data?.user
	const now = user ? `${session.status} as ${user.name ?? user.email}` : session.status
	useEffect(() => {
		window.session = session
	}, [session])
	useEffect(() => {
		window.seen.push(now)
	}, [now])
	return <h1>{now}</h1>
}

createRoot(document.getElementById("root")).render(
	<client.SessionProvider {...provider}>
		<Visitor />
	</client.SessionProvider>,
)
