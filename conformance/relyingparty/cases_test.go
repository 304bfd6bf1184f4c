package relyingparty_test

import (
	"fmt"
	"slices"
)

// testCase changes a correct scenario in one way.
type testCase struct {
	name   string
	change func(*scenario)
}

// testCases are all cases, in the order in which the files have them.
func testCases() []testCase {
	return slices.Concat(
		[]testCase{{"nothing is changed", func(*scenario) {}}},
		claimCases(), timeCases(), algorithmCases(), headerCases(), serializationCases(), keyCases(), keySetCases(),
		metadataCases(), tokenCases(), userinfoCases(),
	)
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
