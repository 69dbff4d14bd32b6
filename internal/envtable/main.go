// SPDX-License-Identifier: Apache-2.0

// Command envtable writes the table of environment variables into the READMEs
// named on its command line, between the lines that mark its place. A file whose
// name holds "zh" gets the Chinese one.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/sidetrace/sidetrace/internal/env"
)

// Marks of the table's place.
const (
	begin = "<!-- environment: begin -->\n"
	end   = "<!-- environment: end -->\n"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := write(name); err != nil {
			log.Fatal(err)
		}
	}
}

func write(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s: no lines %q and %q", name, begin, end)
	}
	table := env.Markdown(strings.Contains(name, "zh"))
	out := string(before) + begin + table + "\n" + end + string(after)
	return os.WriteFile(name, []byte(out), 0o644)
}
