package password

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha1" // the API is made of these hashes
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Range asks the range API of Have I Been Pwned whether a password has become known. The API gets
// the first 5 of the 40 hexadecimal digits of the password's SHA-1, and answers with all hashes
// that begin like that, among rows that mean nothing. So it does not learn the password, and the
// length of the answer tells nobody anything.
//
// An answer that takes more than a second is an error, and so is one that is not from the API. Then
// the password is accepted. Use a pointer; it is safe for concurrent use, and must not be copied.
type Range struct {
	// URL is where the API is: https, or http on a loopback address. Defaults to
	// https://api.pwnedpasswords.com, which is free.
	URL string

	// Client makes the requests. Whatever client it is, no redirect is followed. Defaults to a
	// client of its own, which refuses loopback addresses unless URL is one.
	Client *http.Client

	once   sync.Once
	client *http.Client
}

const (
	rangeURL     = "https://api.pwnedpasswords.com"
	rangeTimeout = time.Second
	rangePrefix  = 5 // digits
)

// Contains implements [Breached].
func (r *Range) Contains(ctx context.Context, password string) (bool, error) {
	r.once.Do(func() {
		if r.client = r.Client; r.client == nil {
			r.client = outbound.Client(outbound.IsLoopbackURL(r.URL))
		}
	})
	sum := sha1.Sum([]byte(password))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	ctx, cancel := context.WithTimeout(ctx, rangeTimeout)
	defer cancel()
	url := strings.TrimSuffix(cmp.Or(r.URL, rangeURL), "/") + "/range/" + digits[:rangePrefix]
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, errors.New("range API: the URL is wrong")
	}
	req.Header.Set("Add-Padding", "true")
	req.Header.Set("Accept", "text/plain")
	resp, err := outbound.Do(r.client, req)
	switch {
	case err != nil:
		return false, fmt.Errorf("range API: %w", err)
	case resp.Status != http.StatusOK:
		return false, fmt.Errorf("range API: status %d", resp.Status)
	}
	return findSuffix(resp.Body, digits[rangePrefix:])
}

func (r *Range) validate() error {
	if err := outbound.CheckEndpoint(cmp.Or(r.URL, rangeURL)); err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	return nil
}

// findSuffix reports whether an answer has a hash with a count. Rows with the count 0 are padding.
// An answer with a row of another form is not from the API.
func findSuffix(answer []byte, suffix string) (bool, error) {
	found, rows := false, 0
	for lines := bufio.NewScanner(bytes.NewReader(answer)); lines.Scan(); rows++ {
		hash, number, _ := strings.Cut(lines.Text(), ":")
		count, err := strconv.ParseUint(number, 10, 64)
		if len(hash) != len(suffix) || err != nil {
			return false, errors.New("range API: the answer has another form")
		}
		found = found || count > 0 && strings.EqualFold(hash, suffix)
	}
	if rows == 0 {
		return false, errors.New("range API: the answer is empty")
	}
	return found, nil
}
