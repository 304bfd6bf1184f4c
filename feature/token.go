package feature

// MaxToken is how many characters a token of cardea.Host.NewToken has at most, so that a link with
// it fits everywhere, and the token into a cookie. An endpoint that keeps a token from a URL in a
// cookie refuses a longer one with CodeVerification: anybody can make it up.
const MaxToken = 1500
