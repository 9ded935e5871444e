# What a person runs. Needs Rust, Python 3 and make; everything else is fetched or shipped.
#
#   make demo    watch the router learn, on simulated models
#   make run     leave the server up (real models where keys are found, else simulated ones)
#   make test    everything that must pass
#   make help    the rest

CARGO   ?= cargo
PYTHON  ?= python3
ARGS    ?=
VENV    := .venv
PROGRAM := target/release/pointsman

.DEFAULT_GOAL := help
.PHONY: help setup demo run build test lint fmt doc deny python bench peers ci

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Fetch ONNX Runtime for the MiniLM embedding (the static one needs nothing)
	@PYTHON=$(PYTHON) sh scripts/fetch-runtime.sh || { \
	  echo; \
	  echo "setup: going on with the built-in static embedding: nothing else is missing."; \
	  echo; }

build: ## Build the program
	$(CARGO) build --release --locked

demo: setup build ## Start the service with simulated models and watch it learn
	@$(PROGRAM) demo $(ARGS)

run: setup build ## Start the server; ARGS="--config FILE" for your own configuration
	@$(PROGRAM) serve $(ARGS)

test: ## Everything that must pass: Rust and Python
	@bash .ci/test

lint: fmt-check doc deny ## Format, clippy, documentation, licences
	$(CARGO) clippy --locked --all-targets -- -D warnings

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --check

fmt: ## Format the source
	$(CARGO) fmt

doc: ## Build the documentation; warnings are errors
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib --document-private-items

deny: ## Licences, bans and sources of the dependencies
	@bash .ci/deny

python: ## The environment of the Python client checks
	@bash .ci/python-env

peers: build ## The failure table of other gateways, for this one, beside theirs
	@$(PYTHON) scripts/peers.py $(ARGS)

bench: setup build ## The service against bare floors; writes benches/results.json and docs/performance.md
	$(PROGRAM) bench $(ARGS) --out benches/results.json --render docs/performance.md

.PHONY: bench-parts instructions
bench-parts: ## Micro-benchmarks of the parts that each request passes through
	$(CARGO) bench --locked $(ARGS)

instructions: build ## Instructions of a decision by stage, under callgrind; writes benches/instructions.txt
	@sh scripts/instructions.sh $(PROGRAM)

ci: ## What the build server runs
	@.ci/run
