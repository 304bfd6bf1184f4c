package gormadapter_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// protocol reads one request of a client: what it sends until it waits for an answer. TCP may split
// the bytes differently each time, but the same action always consists of the same number of
// requests. The first request of a connection has another form. answered is false for requests that
// get no answer, and for those that only check whether the connection is alive, which depend on the
// time.
type protocol func(in *bufio.Reader, first bool) (request []byte, answered bool, err error)

// postgreSQLRequest reads messages as PostgreSQL's documentation describes them under "Message
// Formats". Those of the extended query protocol end with a Sync.
func postgreSQLRequest(in *bufio.Reader, first bool) (request []byte, answered bool, err error) {
	if first { // that message has no type
		request, err = take(in, 4, func(head []byte) int { return int(binary.BigEndian.Uint32(head)) })
		return request, true, err
	}
	for {
		message, err := take(in, 5, func(head []byte) int { return 1 + int(binary.BigEndian.Uint32(head[1:])) })
		if err != nil {
			return nil, false, err
		}
		request = append(request, message...)
		switch message[0] {
		case 'P', 'B', 'D', 'E', 'C': // Parse, Bind, Describe, Execute, Close
		case 'X': // Terminate
			return request, false, nil
		default:
			// pgx sends it on a connection that was idle for a second.
			isPing := bytes.HasPrefix(message[5:], []byte("-- ping"))
			return request, !isPing, nil
		}
	}
}

// mySQLRequest reads a packet. A packet with number 0 begins with a command. Those of a login have
// other numbers.
func mySQLRequest(in *bufio.Reader, _ bool) (request []byte, answered bool, err error) {
	request, err = take(in, 4, func(head []byte) int { return 4 + int(head[0]) + int(head[1])<<8 + int(head[2])<<16 })
	if err != nil {
		return nil, false, err
	}
	// COM_QUIT, COM_STMT_SEND_LONG_DATA, COM_STMT_CLOSE
	unanswered := request[3] == 0 && bytes.ContainsRune([]byte{0x01, 0x18, 0x19}, rune(request[4]))
	return request, !unanswered, nil
}

// take reads a message whose head contains its length.
func take(in *bufio.Reader, head int, length func(head []byte) int) ([]byte, error) {
	begin, err := in.Peek(head)
	if err != nil {
		return nil, err
	}
	whole := make([]byte, length(begin))
	_, err = io.ReadFull(in, whole)
	return whole, err
}
