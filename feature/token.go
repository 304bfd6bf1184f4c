package feature

// MaxToken is how many characters a token of cardea.Host.NewToken has at most, so that a link with
// it fits everywhere, and the token into a cookie; see [OpenedLink].
const MaxToken = 1500
