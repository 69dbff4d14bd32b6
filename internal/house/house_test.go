// SPDX-License-Identifier: Apache-2.0

// Package house_test checks what the compiler does not: who imports whom, that
// everything exported is documented, that the API changes only on purpose, and
// that the READMEs say what the code does.
package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/env"
)

var update = flag.Bool("update", false, "rewrite the golden files of the API")

const (
	module = "github.com/sidetrace/sidetrace"
	root   = "../.."
)

// pkg is a package of the module as go list describes it.
type pkg struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

// rel is the path within the module, "." for the root.
func (p pkg) rel() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func (p pkg) public() bool {
	return !p.in("internal") && !p.in("examples") && !p.in("desk")
}

// in reports whether the package is one of those below a folder.
func (p pkg) in(folder string) bool {
	return p.rel() == folder || strings.HasPrefix(p.rel(), folder+"/")
}

func packages(t *testing.T) (all []pkg) {
	t.Helper()
	for _, dir := range []string{root, filepath.Join(root, "desk")} {
		out, err := exec.Command("go", "list", "-C", dir, "-json=ImportPath,Dir,GoFiles,Imports", "./...").Output()
		require.NoError(t, err)
		d := json.NewDecoder(bytes.NewReader(out))
		for d.More() {
			var p pkg
			require.NoError(t, d.Decode(&p))
			if len(p.GoFiles) > 0 {
				all = append(all, p)
			}
		}
	}
	require.Greater(t, len(all), 10)
	return all
}

// allowed are the imports within the module, lowest package first: an import
// upwards is a mistake in the design.
var allowed = map[string][]string{
	"internal/env":        {},
	"internal/hostaddr":   {},
	"internal/jsontext":   {},
	"internal/otelstate":  {},
	"internal/carrier":    {},
	"internal/procdir":    {},
	"internal/spill":      {"internal/procdir"},
	"internal/statedir":   {},
	"internal/rotate":     {},
	"internal/otlpjson":   {"internal/jsontext"},
	"internal/spool":      {"internal/procdir", "internal/statedir"},
	"internal/envtable":   {"internal/env"},
	"internal/ossenv":     {"internal/env", "oss"},
	"internal/bench":      {},
	"internal/otlptest":   {},
	"internal/loadgen":    {"otlp"},
	"cmd/sidetrace-spool": {"internal/otlpjson", "internal/procdir", "internal/spool", "internal/statedir", "otlp"},
	"internal/s3test":     {},
	"internal/disktest":   {},
	"sid":                 {"internal/hostaddr"},
	"oss":                 {"internal/spill", "internal/statedir"},
	"oss/osstest":         {"oss"},
	"nodelog":             {"internal/jsontext", "internal/rotate"},
	"span":                {"nodelog", "internal/carrier", "internal/otelstate"},
	"span/spantest":       {"span"},
	"middleware":          {"span", "nodelog", "internal/carrier"},
	"otlp":                {"internal/carrier", "internal/env", "internal/hostaddr", "internal/otlpjson", "internal/rotate", "internal/spool", "internal/statedir"},
	".": {"middleware", "nodelog", "oss", "otlp", "sid", "span",
		"internal/env", "internal/ossenv", "internal/otelstate", "internal/statedir"},
	"examples/agent":           {"examples/agent/agentdemo"},
	"examples/agent/agentpb":   {},
	"examples/agent/agentdemo": {".", "nodelog", "span", "examples/agent/agentpb"},
	"examples/batch":           {".", "nodelog", "span"},
	"examples/grpc":            {".", "span"},
	"examples/http":            {".", "span"},
	"examples/logs":            {".", "nodelog", "span"},

	"desk/trace":                          {},
	"desk/trace/semconv":                  {"desk/trace"},
	"desk/trace/noderecord":               {"desk/trace"},
	"desk/trace/format":                   {"desk/trace", "desk/trace/format/internal/jsonread", "internal/jsontext"},
	"desk/trace/format/internal/jsonread": {},
	"desk/analysis":                       {"desk/trace", "desk/trace/semconv"},
	"desk/analysis/finding":               {"desk/trace", "desk/trace/semconv", "desk/analysis", "desk/units"},
	"desk/analysis/agentrun":              {"desk/trace", "desk/trace/semconv", "desk/trace/noderecord", "desk/analysis"},
	"desk/analysis/export":                {"desk/trace", "desk/trace/semconv", "desk/analysis", "desk/units"},
	"desk/query":                          {"desk/trace", "desk/trace/semconv"},
	"desk/store/...":                      {"desk/trace", "desk/trace/...", "desk/query", "desk/analysis", "desk/source/...", "desk/store/...", "internal/procdir", "internal/statedir"},
	"desk/source/...":                     {"desk/trace", "desk/trace/...", "desk/query", "desk/analysis", "desk/analysis/...", "desk/store/digest", "desk/store/sketch", "desk/source/..."},
	"desk/receive":                        {"desk/internal/guard", "desk/receive/internal/sift", "desk/trace", "desk/trace/format"},
	"desk/receive/internal/anyotlp":       {},
	"desk/receive/internal/sift":          {"desk/trace", "desk/trace/format"},
	"desk/internal/guard":                 {},
	"desk/api/...": {"desk/trace", "desk/trace/...", "desk/query", "desk/analysis", "desk/analysis/...", "desk/source/...", "desk/store/digest", "desk/store/sketch", "desk/units",
		"desk/internal/guard", "desk/receive", "desk/api/...", "oss"},
	"desk/show":              {"desk/trace", "desk/trace/semconv", "desk/analysis", "desk/analysis/agentrun", "desk/analysis/finding", "desk/units"},
	"desk/units":             {},
	"desk/internal/gen":      {"desk/trace"},
	"desk/web":               {},
	"desk/internal/pictures": {},
	"desk/internal/racing":   {},
	"desk/internal/tool":     {},
	"desk": {"desk/trace", "desk/trace/format", "desk/trace/noderecord", "desk/analysis", "desk/analysis/agentrun",
		"desk/analysis/export", "desk/analysis/finding", "desk/show", "desk/api", "desk/api/objects", "desk/units", "desk/receive", "desk/store", "desk/source", "desk/source/memory", "desk/web",
		"desk/internal/guard", "internal/env", "internal/ossenv", "internal/statedir", "oss", ".", "otlp", "examples/agent/agentdemo"},
}

// heavy are dependencies that only these packages may have: who does not import
// them does not compile them.
var heavy = map[string][]string{
	"github.com/aws/":                      {"oss", "internal/s3test"},
	"google.golang.org/grpc":               {"middleware", "otlp", "internal/loadgen", "internal/otlptest", "examples/agent/agentpb", "examples/agent/agentdemo", "examples/grpc", "desk/..."},
	"google.golang.org/protobuf":           {"otlp", "internal/otlpjson", "internal/otlptest", "examples/agent/agentpb", "desk/..."},
	"go.opentelemetry.io/otel/exporters/":  {"internal/loadgen"},
	"go.opentelemetry.io/otel/sdk/log":     {"otlp"},
	"go.opentelemetry.io/contrib/":         {"middleware", "otlp"},
	"github.com/gofrs/flock":               {"internal/procdir", "internal/rotate"},
	"net/http":                             {".", "middleware", "oss", "otlp", "span", "internal/otlptest", "examples/agent/agentdemo", "examples/http", "desk/..."},
	"testing":                              {"oss/osstest", "span/spantest", "internal/disktest", "internal/otlptest", "internal/s3test", "desk/source/sourcetest", "desk/internal/tool"},
	"github.com/stretchr/":                 {"desk/source/sourcetest"},
	"github.com/DeRuina/timberjack":        {"internal/rotate"},
	"github.com/sidetrace/sidetrace/tools": {},
}

// mayImport is what the table says of a package: by its path, or by that of a
// folder around it with "/...".
func mayImport(rel string) (may []string, known bool) {
	if may, known = allowed[rel]; known {
		return may, true
	}
	for folder := rel; folder != "."; folder = path.Dir(folder) {
		if may, known = allowed[folder+"/..."]; known {
			return may, true
		}
	}
	return nil, false
}

// covers reports whether a package is in a list of paths and folders.
func covers(may []string, rel string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		folder, all := strings.CutSuffix(m, "/...")
		return m == rel || all && (rel == folder || strings.HasPrefix(rel, folder+"/"))
	})
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		may, known := mayImport(p.rel())
		if !assert.True(t, known, "%s is new: add it to the table of allowed imports", p.rel()) {
			continue
		}
		for _, imported := range p.Imports {
			if in, ok := strings.CutPrefix(imported, module); ok {
				in = strings.TrimPrefix(in, "/")
				if in == "" {
					in = "."
				}
				assert.True(t, covers(may, in), "%s imports %s", p.rel(), in)
			}
			for prefix, who := range heavy {
				if strings.HasPrefix(imported, prefix) {
					assert.True(t, covers(who, p.rel()), "%s imports %s", p.rel(), imported)
				}
			}
		}
	}
}

// parse reads the files of a package that users compile.
func parse(t *testing.T, p pkg) (*token.FileSet, []*ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	return fset, files
}

func document(t *testing.T, p pkg) (*token.FileSet, *doc.Package) {
	t.Helper()
	fset, files := parse(t, p)
	d, err := doc.NewFromFiles(fset, files, p.ImportPath)
	require.NoError(t, err)
	return fset, d
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	for _, p := range packages(t) {
		if p.rel() == "examples/agent/agentpb" {
			continue // generated
		}
		_, d := document(t, p)
		check := func(name, text string) {
			assert.NotEmpty(t, strings.TrimSpace(text), "%s: %s has no doc comment", p.rel(), name)
		}
		check("the package", d.Doc)
		values := slices.Concat(d.Consts, d.Vars)
		funcs := slices.Clone(d.Funcs)
		for _, typ := range d.Types {
			check(typ.Name, typ.Doc)
			values = slices.Concat(values, typ.Consts, typ.Vars)
			funcs = slices.Concat(funcs, typ.Funcs, typ.Methods)
		}
		for _, f := range funcs {
			check(f.Name, f.Doc)
		}
		for _, v := range values {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				check(s.Names[0].Name, v.Doc+s.Doc.Text()+s.Comment.Text())
			}
		}
	}
}

// TestAPI compares the exported declarations of each public package with
// api/*.txt. Run it with -update when a change is meant.
func TestAPI(t *testing.T) {
	for _, p := range packages(t) {
		if !p.public() {
			continue
		}
		name := strings.ReplaceAll(p.rel(), "/", "-")
		if name == "." {
			name = "sidetrace"
		}
		golden := filepath.Join(root, "api", name+".txt")
		got := strings.Join(declarations(t, p), "\n") + "\n"
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
			require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), got, "the API of %s has changed; if that is meant: go test ./internal/house -update", p.rel())
	}
}

func declarations(t *testing.T, p pkg) (all []string) {
	t.Helper()
	fset, d := document(t, p)
	add := func(prefix string, decl any) { all = append(all, prefix+line(t, fset, decl)) }
	values := slices.Concat(d.Consts, d.Vars)
	funcs := slices.Clone(d.Funcs)
	for _, typ := range d.Types {
		for _, spec := range typ.Decl.Specs {
			strip(spec)
			add("type ", spec)
		}
		values = slices.Concat(values, typ.Consts, typ.Vars)
		funcs = slices.Concat(funcs, typ.Funcs, typ.Methods)
	}
	for _, v := range values {
		for _, spec := range v.Decl.Specs {
			strip(spec)
			add(v.Decl.Tok.String()+" ", spec)
		}
	}
	for _, f := range funcs {
		f.Decl.Body, f.Decl.Doc = nil, nil
		add("", f.Decl)
	}
	slices.Sort(all)
	return all
}

// strip removes comments, which are free to change.
func strip(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			n.Doc, n.Comment = nil, nil
		case *ast.TypeSpec:
			n.Doc, n.Comment = nil, nil
		case *ast.ValueSpec:
			n.Doc, n.Comment = nil, nil
		}
		return true
	})
}

var space = regexp.MustCompile(`\s+`)

// line prints a declaration on one line.
func line(t *testing.T, fset *token.FileSet, node any) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, printer.Fprint(&b, fset, node))
	s := b.String()
	s = strings.NewReplacer("{\n", "{ ", "\n}", " }", "(\n", "(").Replace(s)
	return space.ReplaceAllString(strings.ReplaceAll(s, "\n", "; "), " ")
}

// Bounds of the shape of code. Whatever is longer is probably two things.
const (
	maxFunc     = 60
	maxFile     = 650
	maxExported = 60
)

func TestShape(t *testing.T) {
	for _, p := range packages(t) {
		if p.rel() == "examples/agent/agentpb" {
			continue // generated
		}
		fset, files := parse(t, p)
		for _, f := range files {
			name := fset.Position(f.Pos()).Filename
			assert.LessOrEqual(t, fset.Position(f.End()).Line, maxFile, name)
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
					assert.LessOrEqual(t, lines, maxFunc, "%s: %s", name, fn.Name.Name)
				}
			}
		}
		if !p.public() && !p.in("desk") {
			continue
		}
		_, d := document(t, p)
		exported := len(d.Funcs) + len(d.Types)
		for _, v := range slices.Concat(d.Consts, d.Vars) {
			exported += len(v.Names)
		}
		assert.LessOrEqual(t, exported, maxExported, p.rel())
	}
}

func readmes() []string { return []string{"README.md", "README.zh-CN.md"} }

// TestREADMETable checks the tables of variables; go generate makes them.
func TestREADMETable(t *testing.T) {
	for _, name := range readmes() {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.Contains(t, string(text), env.Markdown(strings.Contains(name, "zh")), "%s is out of date: go generate .", name)
	}
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestREADMECompiles builds each Go block of the READMEs as a program of its own,
// in a module that uses this one from a clone.
func TestREADMECompiles(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	}
	abs, err := filepath.Abs(root)
	require.NoError(t, err)
	blocks := 0
	for _, name := range readmes() {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		for _, m := range goBlock.FindAllSubmatch(text, -1) {
			blocks++
			sub := filepath.Join(dir, fmt.Sprint("block", blocks))
			require.NoError(t, os.Mkdir(sub, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(sub, "main.go"), m[1], 0o644))
		}
	}
	require.Positive(t, blocks)
	run("mod", "init", "example.com/service")
	run("mod", "edit", "-replace", module+"="+abs, "-require", module+"@v0.0.0")
	run("mod", "tidy")
	run("vet", "./...")
}

// TestNoForeignPaths keeps what belongs to one machine out of the repository.
func TestNoForeignPaths(t *testing.T) {
	private := regexp.MustCompile(`/(root|home/\w+)/|/work/`)
	out, err := exec.Command("git", "-C", root, "ls-files").Output()
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(out)) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) || strings.HasPrefix(name, "internal/house/") || strings.Contains(name, "/testdata/") || strings.HasPrefix(name, "internal/statedir/") {
			continue
		}
		require.NoError(t, err)
		assert.False(t, private.Match(b), "%s: %s", name, private.Find(b))
	}
}
