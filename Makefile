# `make` shows this list. The comment behind each target is its help.
.DEFAULT_GOAL := help
.PHONY: help up test torture check fmt widget net screens bench bench-studio bench-understanding bench-widget clean
PYTHON := .venv/bin/python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/runtime ## install what is missing and start everything; Ctrl-C stops all
	@./lantern up

test: .venv/development web/widget/node_modules/installed ## install what the tests need and run all of them
	@env -u PYTHONDONTWRITEBYTECODE OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n 2

torture: .venv/development ## kill, stop, lock and fill a Lantern that people talk with; SEED=1 ROUNDS=16 POSTGRESQL=1
	@$(PYTHON) -m tests.torture $(SEED:%=--seed %) $(ROUNDS:%=--rounds %) $(if $(POSTGRESQL),--postgresql)

check: .venv/development ## format, lint, types, content and the start's own checks; no test is run
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@./lantern check

fmt: .venv/development ## put code and content files into their canonical form
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .
	@./lantern content fmt

widget: web/widget/node_modules/installed ## build the chat element from its sources, with the locked esbuild; needs Node.js
	@npm run --silent --prefix web/widget build

net: .venv/development ## learn the second net under the emergency rules from its examples; for each change of them, some minutes
	@$(PYTHON) -m bench.second_net

screens: .venv/development ## pictures of the chat element in all its states and of the studio; SCREENS=folder, by default screens/
	@$(PYTHON) -m bench.widget.screens $(SCREENS)
	@LANTERN_SCREENS=$(or $(SCREENS),screens)/studio $(PYTHON) -m pytest -q tests/browser/test_studio.py

bench: .venv/development ## what a message costs, how many at once, start, memory, edit-to-live; search quality
	@$(PYTHON) -m bench.system $(BENCH)
	@$(PYTHON) -m bench.emergency
	@$(PYTHON) -m bench.editing
	@$(PYTHON) -m bench.trials
	@$(PYTHON) -m bench.retrieval

bench-studio: .venv/development ## how long each page of the studio takes with 5,000 entries and 100,000 questions
	@$(PYTHON) -m bench.studio $(STUDIO)

bench-understanding: .venv/development ## how well it understands and keeps people safe, on the development set; UNDERSTANDING="--failures 10"
	@$(PYTHON) -m bench.understanding $(UNDERSTANDING)

bench-widget: .venv/development web/widget/node_modules/installed ## what the chat element weighs and how fast it is, beside a prototype and a rival
	@$(PYTHON) -m bench.widget $(BENCH)

clean: ## remove the environment; data in var/ stays
	rm -rf .venv web/widget/node_modules

.venv/runtime: requirements.lock deploy/environment.sh
	@deploy/environment.sh requirements.lock
	@touch $@

.venv/development: requirements-dev.lock deploy/environment.sh
	@deploy/environment.sh requirements-dev.lock
	@touch .venv/runtime $@

# Without them the tests of the chat element say what is missing; all others run.
web/widget/node_modules/installed: web/widget/package-lock.json
	@npm ci --silent --prefix web/widget && touch $@ || \
		echo "The packages for the tests of the chat element are missing: they need Node.js, npm (apt-get install nodejs npm) and its registry." >&2
