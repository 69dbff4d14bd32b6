// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"fmt"

	"github.com/sidetrace/sidetrace/desk/units"
)

// A phrase is a text in English and in Simplified Chinese.
type phrase struct{ english, chinese string }

// say fills a format of package fmt, which is a key of the table chinese, with
// values; of phrases each language gets its own.
func say(format string, args ...any) phrase {
	english, translated := make([]any, len(args)), make([]any, len(args))
	for i, arg := range args {
		english[i], translated[i] = arg, arg
		if p, ok := arg.(phrase); ok {
			english[i], translated[i] = p.english, p.chinese
		}
	}
	other, ok := chinese[format]
	if !ok {
		other = format
	}
	return phrase{fmt.Sprintf(format, english...), fmt.Sprintf(other, translated...)}
}

// and is a phrase with another one behind it.
func (p phrase) and(format string, args ...any) phrase {
	more := say(format, args...)
	return phrase{p.english + more.english, p.chinese + more.chinese}
}

// list is phrases with a separator, which is one itself, between them.
func list(parts []phrase, separator string) (all phrase) {
	for i, part := range parts {
		if i > 0 {
			all = all.and(separator)
		}
		all = phrase{all.english + part.english, all.chinese + part.chinese}
	}
	return all
}

// plural is a number of things, whose word is a key of the table chinese.
func plural(n int, what string) phrase {
	return phrase{units.Plural(n, what), units.Count(n) + " " + chinese[what]}
}
