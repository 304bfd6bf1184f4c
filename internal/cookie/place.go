package cookie

import (
	"net"
	"slices"
	"strings"
)

// place is the domain and path of a cookie. With the name they are its identity (RFC 6265 § 5.3),
// but browsers do not send them.
type place struct{ domain, path string }

// maxPlaces is at how many places the session is looked for. Proxies accept 4 kB of headers of a
// response by default (nginx, proxy_buffer_size).
const maxPlaces = 20

// ClearElsewhere makes [Jar.SetSession] and [Jar.ClearSession] also clear the cookies of the
// session that the request has at every other place from which a browser sends them to that host
// and path. Call it before them, if one of several values of the session is not valid.
func (j *Jar) ClearElsewhere(host, path string) {
	j.elsewhere = places(host, path, j.names.Domain)
}

// clearElsewhere clears the cookies of the session at the places that ClearElsewhere has found. It
// comes before the session is set: to a browser that follows RFC 6265 to the letter, a cookie of
// this host alone is the same as one of the domain with its name.
func (j *Jar) clearElsewhere() {
	if len(j.elsewhere) == 0 {
		return
	}
	names := slices.DeleteFunc(j.WithPrefix(j.names.Session), func(name string) bool {
		return !j.names.isSession(name)
	})
	for count, p := range j.elsewhere {
		if count*len(names) >= maxListed {
			return
		}
		for _, name := range names {
			j.put(Cookie{Name: name, Domain: p.domain, Path: p.path, MaxAge: -1})
		}
	}
}

// places returns where a cookie can be that a browser sends to a host and path, the likeliest
// first, but not the root of the host itself and of the configured domain.
func places(host, path, configured string) []place {
	var list []place
	domains, paths := domainsOf(host), pathsOf(path)
	for _, domain := range domains {
		if domain != configured {
			list = append(list, place{domain: domain})
		}
	}
	for _, domain := range append([]string{""}, domains...) {
		for _, path := range paths {
			list = append(list, place{domain, path})
		}
	}
	return list[:min(maxPlaces, len(list))]
}

// domainsOf returns the domains that a host can set cookies for. Browsers ignore those that are a
// public suffix.
func domainsOf(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	var list []string
	for ValidDomain(host) {
		list = append(list, host)
		_, host, _ = strings.Cut(host, ".")
	}
	return list
}

// notInPath reports whether a character cannot be in the attribute Path (RFC 6265 § 4.1.1).
func notInPath(r rune) bool { return r <= ' ' || r > '~' || r == ';' }

// pathsOf returns the folders above a path, and the path, as they match it (RFC 6265 § 5.1.4), but
// not the root. A path that has characters that cannot be in the attribute has none.
func pathsOf(path string) []string {
	if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, notInPath) {
		return nil
	}
	var list []string
	for folder := path; folder != "" && len(list) < maxPlaces; folder = folder[:strings.LastIndexByte(folder, '/')] {
		if folder != "/" {
			list = append(list, folder)
		}
		if folder != path && folder != "/" {
			list = append(list, folder+"/")
		}
	}
	return list
}
