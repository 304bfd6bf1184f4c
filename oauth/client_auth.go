package oauth

import "crypto"

// ClientAuth is how a client authenticates at the token endpoint and at the endpoint for pushed
// authorization requests (OpenID Connect Core 1.0 § 9, RFC 8705 § 2).
type ClientAuth string

// The client authentication methods. The zero value means AuthClientSecretBasic if there is a
// secret, and AuthNone otherwise.
const (
	AuthClientSecretBasic ClientAuth = "client_secret_basic"         // the secret in the Authorization header
	AuthClientSecretPost  ClientAuth = "client_secret_post"          // the secret in the form
	AuthClientSecretJWT   ClientAuth = "client_secret_jwt"           // an assertion signed with ClientSecret by HS256
	AuthPrivateKeyJWT     ClientAuth = "private_key_jwt"             // an assertion signed with ClientKey
	AuthTLS               ClientAuth = "tls_client_auth"             // ClientCertificate, issued by an authority
	AuthSelfSignedTLS     ClientAuth = "self_signed_tls_client_auth" // ClientCertificate, registered at the server
	AuthNone              ClientAuth = "none"                        // a public client
)

// ClientKey is the key with which a client signs its assertions (RFC 7523 § 2.2). The private key
// is never read: only Signer is called.
type ClientKey struct {
	// Signer signs assertions: RSA with 2048 bits or more, ECDSA on P-256, or Ed25519. The key may
	// be in another device, such as a hardware module; each sign-in then waits for it. The Signer
	// may be called concurrently.
	Signer crypto.Signer `json:"-"`

	// ID is the kid under which the server knows the public key. Defaults to no kid.
	ID string

	// Algorithm is RS256, PS256, ES256, EdDSA or Ed25519 (RFC 9864), another name for EdDSA
	// with this key. Defaults to the first one that fits the key and that the server's metadata
	// list, or else to the first that fits the key.
	Algorithm string
}
