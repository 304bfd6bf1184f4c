// The port is part of the origin, which the API knows. So another one must not be taken silently.
export default { server: { port: 5173, strictPort: true } }
