# Every target does its own set-up. `make help` lists them.
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
VENVS := .venv .venv-sam .venv-local

.DEFAULT_GOAL := help

.tools/uv/bin/uv: requirements/uv.txt
	python3 -m venv .tools/uv
	.tools/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt

.venv: requirements/dev.txt pyproject.toml | $(filter .tools/%,$(UV))
	$(UV) venv -q --clear --python "$$(cat .python-version)" $@
	$(UV) pip sync -q --require-hashes --python $@/bin/python requirements/dev.txt
	$(UV) pip install -q --no-deps --no-build-isolation --python $@/bin/python -e .
	@touch $@
.venv-sam: requirements/sam.txt | $(filter .tools/%,$(UV))
.venv-local: requirements/local.txt | $(filter .tools/%,$(UV))
.venv-sam .venv-local: .python-version
	$(UV) venv -q --clear --python "$$(cat .python-version)" $@
	$(UV) pip sync -q --require-hashes --python $@/bin/python $(filter requirements/%,$^)
	@touch $@

setup: $(VENVS)  ## make the three environments; the command is .venv/bin/preheat

requirements: | $(filter .tools/%,$(UV))  ## lock every dependency with hashes
	for group in dev sam local; do \
	  extra=""; [ $$group = dev ] && extra=layers/dependencies/requirements.in; \
	  $(UV) pip compile -q --group $$group $$extra --python-version 3.13 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements/$$group.txt || exit 1; \
	done
	$(UV) pip compile -q layers/dependencies/requirements.in --python-version 3.13 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o layers/dependencies/requirements.txt
	echo "uv==$(UV_VERSION)" | $(UV) pip compile -q - --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements/uv.txt

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: setup requirements help
