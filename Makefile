# kulla: make demo, make test. Everything else is `go` itself.
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export CGO_ENABLED = 0

.PHONY: build demo test check bench generate deps clean

build: ## the program, bin/kulla
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/kulla ./cmd/kulla

demo: build ## a working desk with the demo story; ONCE=1 writes demo-out/ and ends
	./bin/kulla demo $(if $(ONCE),--once --out demo-out,)

test: ## everything, on both databases and in a real browser; installs what it needs
	sh tests/run.sh

check: ## what a change must pass before it is shown
	sh ./check

bench: build
	./bin/kulla bench

generate: ## typed pages from *.templ
	$(GO) run github.com/a-h/templ/cmd/templ@v0.3.1100 generate -path internal/web

clean:
	rm -rf bin demo-out
