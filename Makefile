# SPDX-License-Identifier: Apache-2.0

GO  ?= go
BIN := $(CURDIR)/.cache/bin

# The SDK, and the desk with its heavier dependencies.
MODULES := . desk

# What tests and checks run is a module apart from the workspace of those.
TOOLS := GOWORK=off $(GO) -C tools

# The race detector needs a C compiler.
RACE := $(shell command -v gcc >/dev/null 2>&1 && echo -race)

# The desk's page, and that what it is built with is there: npm leaves this file last.
WEB := desk/web
WEB_MODULES := $(WEB)/node_modules/.package-lock.json

.PHONY: all build profile test test-go test-web web-tools lint lint-go lint-web bench soak demo generate fuzz

all: lint test

## build: the desk as it is to be deployed, in bin: optimized by a profile, which takes a minute or two
build:
	$(GO) build -trimpath -pgo desk/desk.pgo -o bin/desk ./desk

## profile: what build optimizes by: receiving spans, and searching them
profile:
	@mkdir -p $(BIN)
	$(GO) -C desk test -run '^$$' -bench Profile -benchtime 1x -cpuprofile desk.pgo -o $(BIN)/desk.test .

## test: all tests; builds the S3 server that some of them run
test: test-go test-web

test-go:
	@test -n "$(RACE)" || echo "no gcc: the tests run without the race detector"
	$(GO) test -count=1 ./internal/s3test
	@for m in $(MODULES); do echo "$(GO) -C $$m test -count=1 $(RACE) ./..."; $(GO) -C $$m test -count=1 $(RACE) ./... || exit 1; done
	@test -z "$(RACE)" || $(GO) -C desk test -count=1 ./store # all that package racing leaves out, and below as large as it is
	@test -z "$(RACE)" || $(GO) -C desk test -count=1 -run 'Large|Sizes|Many|Deep|Long|Itself|Shapes|Explain' . ./analysis/... ./show

## test-web: the page's unit tests, and those in Chromium against a desk with the demo's traces
test-web: $(WEB_MODULES)
	cd $(WEB) && npm run --silent test && GO="$(GO)" npm run --silent e2e

web-tools:
	@$(WEB)/scripts/tools.sh

$(WEB_MODULES): $(WEB)/package-lock.json | web-tools
	cd $(WEB) && npm ci && touch node_modules/.package-lock.json

## lint: formatting, vet, static analysis, tidy modules, and the house's own checks
lint: lint-go lint-web

## lint-web: types, linter, that the built page is what the sources say, and its size
lint-web: $(WEB_MODULES)
	cd $(WEB) && npm run --silent verify

lint-go: $(BIN)/staticcheck $(BIN)/errcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	@set -ex; for m in $(MODULES); do (cd $$m; \
		$(GO) vet ./...; \
		$(GO) fix -diff ./...; \
		$(BIN)/staticcheck -checks all,-ST1000 ./...; \
		$(BIN)/errcheck -ignoretests -exclude $(CURDIR)/tools/errcheck.txt ./...; \
		$(GO) mod tidy -diff); done
	$(TOOLS) mod tidy -diff
	$(GO) test -count=1 ./internal/house

$(BIN)/%: tools/go.mod
	$(TOOLS) build -o $(BIN)/ $$($(TOOLS) list -f '{{.ImportPath}}' tool | grep '/$*$$')

## bench: the benchmarks, side by side with what a user would pick instead
ROUNDS ?= 12
bench:
	@mkdir -p .cache && : > .cache/bench.txt
	@for round in $$(seq $(ROUNDS)); do echo "round $$round of $(ROUNDS)"; \
		$(GO) test -run '^$$' -bench . -benchtime 0.2s ./sid ./span ./nodelog ./middleware ./otlp ./desk/analysis >> .cache/bench.txt || { cat .cache/bench.txt; exit 1; }; done
	@echo "a desk with 1 and 10 million spans"; $(GO) test -run '^$$' -bench Desk -benchtime 1x -timeout 40m ./desk -spans 1000000,10000000 >> .cache/bench.txt || { cat .cache/bench.txt; exit 1; }
	@$(GO) run ./internal/bench < .cache/bench.txt

## soak: a desk that receives 2,000 spans a second for an hour
SOAK ?= 1h
soak:
	$(GO) test -v -run '^$$' -bench Soak -benchtime 1x -timeout 100h ./desk -soak $(SOAK)

## demo: an agent in three services, and what was recorded of it
demo:
	$(GO) run ./examples/agent -n 5

## generate: the tables of the READMEs and the demo's protobuf code (needs protoc)
generate: $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc
	$(GO) generate .
	PATH=$(BIN):$$PATH protoc -I examples/agent/agentpb --go_out=examples/agent/agentpb --go_opt=paths=source_relative \
		--go-grpc_out=examples/agent/agentpb --go-grpc_opt=paths=source_relative agent.proto

## fuzz: each fuzz test for a while
FUZZTIME ?= 30s
fuzz:
	@for file in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$file); do echo "$$file $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$(dirname $$file) || exit 1; done; done
