// SPDX-License-Identifier: Apache-2.0

package span

import (
	"runtime"
	"strings"
	"sync"
)

// names caches the names of calling functions by call site.
var names sync.Map // of uintptr to string

// completeName returns name if it does not end in "::" and otherwise completes it
// by the name of the function that called the exported one.
func completeName(name string) string {
	if name != "" && !strings.HasSuffix(name, "::") {
		return name
	}
	var pcs [1]uintptr
	// skip [runtime.Callers, completeName, start, Start or StartKind]
	if runtime.Callers(4, pcs[:]) == 0 {
		return name + "unknown"
	}
	if known, ok := names.Load(pcs[0]); ok {
		return name + known.(string)
	}
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	function := functionName(frame.Function)
	names.Store(pcs[0], function)
	return name + function
}

// functionName shortens a function's full name: no package, no pointer, no type
// arguments, and a closure has the name of the function around it.
//
//	example.com/a/agent.(*Engine[...]).Run.func1.2 → Engine.Run
func functionName(full string) string {
	if full == "" {
		return "unknown"
	}
	name := full[strings.LastIndexByte(full, '/')+1:]
	name = strings.ReplaceAll(name, "[...]", "")
	_, name, _ = strings.Cut(name, ".")
	parts := strings.Split(name, ".")
	kept := parts[:1]
	if strings.HasPrefix(name, "(") && len(parts) > 1 {
		kept = parts[:2]
	} else if len(parts) > 1 && !isClosure(parts[1]) {
		kept = parts[:2] // a method on a value
	}
	return strings.NewReplacer("(*", "", "(", "", ")", "").Replace(strings.Join(kept, "."))
}

func isClosure(part string) bool {
	part = strings.TrimPrefix(part, "gowrap")
	part = strings.TrimPrefix(part, "func")
	return strings.Trim(part, "0123456789") == "" || strings.Contains(part, "-range")
}
