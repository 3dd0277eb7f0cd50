# `make` shows this list. The comment behind each target is its help.
.DEFAULT_GOAL := help
.PHONY: help up test screens torture check fmt bench bench-studio bench-understanding clean
PYTHON := .venv/bin/python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/runtime ## install what is missing and start everything; Ctrl-C stops all
	@./lantern up

test: .venv/development ## install what the tests need and run all of them
	@$(PYTHON) -m pytest -n 2

screens: .venv/development ## pictures of the studio's pages, taken while a browser does what a new editor does
	@LANTERN_SCREENS=var/screens $(PYTHON) -m pytest -q tests/browser/test_studio.py

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

clean: ## remove the environment; data in var/ stays
	rm -rf .venv

.venv/runtime: requirements.lock deploy/environment.sh
	@deploy/environment.sh requirements.lock
	@touch $@

.venv/development: requirements-dev.lock deploy/environment.sh
	@deploy/environment.sh requirements-dev.lock
	@touch .venv/runtime $@
