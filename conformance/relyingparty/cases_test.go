package relyingparty_test

import (
	"fmt"
	"slices"
	"strings"
)

// testCase changes a correct scenario in one way.
type testCase struct {
	name   string
	change func(*scenario)
}

// testCases are all cases.
func testCases() []testCase {
	return slices.Concat([]testCase{{"nothing is changed", func(*scenario) {}}}, claimsCases(), otherCases())
}

// claimsCases change the claims of the ID token.
func claimsCases() []testCase { return inOrder(claimCases(), timeCases()) }

// otherCases change anything but the claims.
func otherCases() []testCase {
	return inOrder(
		algorithmCases(), headerCases(), serializationCases(), keyCases(), keySetCases(), metadataCases(), tokenCases(),
		userinfoCases(),
	)
}

// inOrder sorts cases by name, since some of them come from maps, whose order is random.
func inOrder(lists ...[]testCase) []testCase {
	cases := slices.Concat(lists...)
	slices.SortFunc(cases, func(a, b testCase) int { return strings.Compare(a.name, b.name) })
	return cases
}

// value is a JSON value that a member may have.
type value struct {
	name string
	json any
}

// values of every JSON type, most of them wrong for any member.
var values = []value{
	{"absent", absent},
	{"null", nil},
	{"true", true},
	{"false", false},
	{"0", 0},
	{"-1", -1},
	{"1.5", 1.5},
	{"an empty string", ""},
	{"another string", "x"},
	{"an empty list", []any{}},
	{"a list", []any{"x"}},
	{"an object", object{"x": "x"}},
}

// eachValue gives a member every value.
func eachValue(kind, member string, in func(*scenario) object) []testCase {
	var cases []testCase
	for _, v := range values {
		cases = append(cases, testCase{fmt.Sprintf("%s %s is %s", kind, member, v.name), func(s *scenario) {
			set(in(s), member, v.json)
		}})
	}
	return cases
}
