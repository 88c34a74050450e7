# Everything a developer needs: Python 3.11+, git and make. `make` alone says what there is.
# Paths stay relative, so that a clone works anywhere, spaces included.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
INSTALL := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(RUN) -m pip --quiet install
FROM_LOCK := --only-binary :all: --require-hashes --requirement
# One process more than processors: tests wait for each other's servers more than they compute.
PYTEST = $(RUN) -m pytest --quiet --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal $(ARGS)
FEDIFY = tests/interop/fedify/node_modules/.package-lock.json
AXE = tests/e2e/axe/node_modules/.package-lock.json
# say FRENCH | ENGLISH, on stderr, in the reader's language
say = @case "$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}" in ""|C*|POSIX|fr*) echo "$(1)";; *) echo "$(2)";; esac >&2
.DEFAULT_GOAL := help
.PHONY: help demo test test-full check format bench screenshots lock clean

help:
	$(call say,make demo       six nœuds sur cette machine (ARGS=--once : vérifier puis finir),make demo       six nodes on this machine (ARGS=--once: check, then stop))
	$(call say,make test       les essais (ARGS='-k mot' : une partie),make test       the tests (ARGS='-k word': some of them))
	$(call say,make test-full  les essais lents en entier,make test-full  every slow suite whole)
	$(call say,make check      ruff mypy import-linter deptry,make check      ruff mypy import-linter deptry)
	$(call say,make bench      vitesse et mémoire : une ligne JSON par mesure,make bench      speed and memory: one JSON line a measure)
	$(call say,make screenshots  refaire les images du manuel,make screenshots  take the pictures of the manual again)
	$(call say,make format     mettre le code en forme,make format     lay the code out)
	$(call say,make lock       refaire requirements/ d’après pyproject.toml,make lock       make requirements/ again from pyproject.toml)
	$(call say,make clean      retirer ce que make a installé,make clean      remove what make installed)

demo: .venv/installed-run
	@$(RUN) -m node demo $(ARGS)

test: .venv/installed-dev .venv/installed-interop $(FEDIFY) $(AXE)
	@$(PYTEST)

test-full: .venv/installed-dev .venv/installed-interop $(FEDIFY) $(AXE)
	@MAILLAGE_FULL=1 $(PYTEST)

check: .venv/installed-dev
	@$(RUN) -m ruff check --quiet . && echo "ruff: ok"
	@$(RUN) -m mypy
	@.venv/bin/lint-imports >.venv/lint-imports.txt && echo "import-linter: ok" || { cat .venv/lint-imports.txt; exit 1; }
	@$(RUN) -m deptry . --no-ansi

format: .venv/installed-dev
	@$(RUN) -m ruff format --quiet . && $(RUN) -m ruff check --fix --quiet .

bench: .venv/installed-dev $(FEDIFY)
	@$(RUN) -m bench $(ARGS)

screenshots: .venv/installed-dev
	@$(RUN) -m tests.e2e.screenshots

.venv/bin/python:
	$(if $(PYTHON),,$(call say,Il faut Python 3.11 ou plus récent avec venv (Debian et Ubuntu : apt install python3-venv).,Python 3.11 or newer with venv is needed (Debian and Ubuntu: apt install python3-venv).); exit 1)
	@$(PYTHON) -m venv .venv

.venv/installed-run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(call say,Installation des bibliothèques (une seule fois)…,Installing the libraries (only once)…)
	@$(INSTALL) $(FROM_LOCK) requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: requirements/dev.txt .venv/installed-run
	$(call say,Installation des outils d’essai (une seule fois)…,Installing the test tools (only once)…)
	@$(INSTALL) $(FROM_LOCK) requirements/dev.txt
	@touch $@

# Other people's servers, which some tests speak to, apart from ours.
.venv/installed-interop: requirements/interop.txt | .venv/bin/python
	$(call say,Installation de bovine (une seule fois)…,Installing bovine (only once)…)
	@$(RUN) -m venv .venv/interop
	@$(subst $(RUN),.venv/interop/bin/python,$(INSTALL)) $(FROM_LOCK) requirements/interop.txt
	@touch $@

# Where npm is absent, or fails, the tests that need it are skipped and say so.
$(FEDIFY): tests/interop/fedify/package-lock.json
	$(call say,Installation de Fedify (une seule fois)…,Installing Fedify (only once)…)
	@cd tests/interop/fedify && { npm ci --silent && touch node_modules/.package-lock.json || rm -rf node_modules; }

$(AXE): tests/e2e/axe/package-lock.json
	$(call say,Installation de axe-core (une seule fois)…,Installing axe-core (only once)…)
	@cd tests/e2e/axe && { npm ci --silent && touch node_modules/.package-lock.json || rm -rf node_modules; }

# Pinned versions and hashes, and no address of an index: each machine uses its own.
LOCK = .venv-lock/bin/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
lock: pyproject.toml
	@test -d .venv-lock || $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --quiet install pip-tools==7.6.2
	@$(LOCK) --extra aggregator --build-deps-for editable --output-file requirements/run.txt pyproject.toml
	@$(LOCK) --all-extras --build-deps-for editable --constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml
	@$(LOCK) --output-file requirements/interop.txt requirements/interop.in
	@sed -i '/^#/d;/^$$/d' requirements/*.txt

clean:
	@rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build maillage.egg-info \
		tests/interop/fedify/node_modules tests/e2e/axe/node_modules
