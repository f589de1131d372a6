# Every target does its own set-up. `make help` lists them.
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
# The groups of pyproject.toml with a lock file. uv itself and the reference botocore are locked by themselves.
LOCKED := $(filter-out uv lookout-reference,$(basename $(notdir $(wildcard requirements/*.txt))))
VENVS := .venv/ready .venv-sam/ready .venv-local/ready .venv-rules/ready
PYTHON_CODE := hatch_build.py layers/dependencies/trim.py $(wildcard functions layers/preheat/preheat tools tests)
PYTEST := .venv/bin/python -m pytest
LAB := .venv/bin/python -m preheat_lab
ON_LOCAL_AWS := tests/e2e tests/tools/preheat_local tests/tools/preheat_lab/chaos tests/template
# These tests wait most of their time. Each process has a local AWS of its own, of about 0.5 GB.
LOCAL_PROCESSES ?= 4
RULES_PROCESSES ?= 2
# What only computes gives way to what waits for the local AWS.
EXPLORED := tests/tools/preheat_lab/explorer tests/tools/preheat_lab/mutants
SIMULATED := tests/tools/preheat_lab/simulation tests/tools/preheat_lab/statemachine
# The layers are built by the Python that comes first on the path, with the uv that made the environments. A region has
# to be named for sam to validate; nothing is sent there.
SAM := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" UV="$(abspath $(UV))" AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} SAM_CLI_TELEMETRY=0 sam

.DEFAULT_GOAL := help

.tools/uv/bin/uv: requirements/uv.txt
	python3 -m venv .tools/uv
	.tools/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# The stamp is written last: an environment that was left half made is made again.
.venv/ready: requirements/dev.txt pyproject.toml | $(filter .tools/%,$(UV))
	$(UV) venv -q --allow-existing --python "$$(cat .python-version)" $(@D)
	$(UV) pip sync -q --require-hashes --python $(@D)/bin/python requirements/dev.txt
	$(UV) pip install -q --no-deps --no-build-isolation --python $(@D)/bin/python -e .
	@touch $@
.venv-sam/ready: requirements/sam.txt | $(filter .tools/%,$(UV))
.venv-local/ready: requirements/local.txt | $(filter .tools/%,$(UV))
.venv-docs/ready: requirements/docs.txt | $(filter .tools/%,$(UV))
.venv-security/ready: requirements/security.txt | $(filter .tools/%,$(UV))
.venv-checkov/ready: requirements/checkov.txt | $(filter .tools/%,$(UV))
.venv-peers/ready: requirements/peers.txt | $(filter .tools/%,$(UV))
.venv-sam/ready .venv-local/ready .venv-docs/ready .venv-security/ready .venv-checkov/ready .venv-peers/ready: .python-version
	$(UV) venv -q --allow-existing --python "$$(cat .python-version)" $(@D)
	$(UV) pip sync -q --require-hashes --python $(@D)/bin/python $(filter requirements/%,$^)
	@touch $@
# Node.js comes as a wheel, and the lock file of its packages names no registry: each machine asks its own.
.venv-rules/ready: requirements/rules.txt requirements/rules/package-lock.json .python-version | $(filter .tools/%,$(UV))
	$(UV) venv -q --allow-existing --python "$$(cat .python-version)" $(@D)
	$(UV) pip sync -q --require-hashes --python $(@D)/bin/python requirements/rules.txt
	cp requirements/rules/package.json requirements/rules/package-lock.json $(@D)
	$(@D)/bin/npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

setup: $(VENVS)  ## make the four environments; the command is .venv/bin/preheat

browser:  ## install Chromium, which the tests of the board drive (Debian and Ubuntu)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  as=""; [ "$$(id -u)" = 0 ] || as=sudo; \
	  $$as apt-get update -q && $$as apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; }

pictures: setup browser  ## take the pictures of the board that the README and the docs show
	$(PYTEST) tests/tools/preheat_board -k looks --update-golden

requirements: .venv-rules/ready | $(filter .tools/%,$(UV))  ## lock every dependency with hashes
	for group in $(LOCKED); do \
	  extra=""; [ $$group = dev ] && extra=layers/dependencies/requirements.in; \
	  $(UV) pip compile -q --group $$group $$extra --python-version 3.13 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements/$$group.txt || exit 1; \
	done
	$(UV) pip compile -q layers/dependencies/requirements.in --python-version 3.13 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o layers/dependencies/requirements.txt
	echo "uv==$(UV_VERSION)" | $(UV) pip compile -q - --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements/uv.txt
	.venv-rules/bin/npm install --prefix requirements/rules --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

test: setup  ## run the tests, those on the local AWS too; three groups at a time
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-local test-rules test-simulated test-explored

test-local: setup  ## the tests on the local AWS, and of the built template
	$(PYTEST) -n $(LOCAL_PROCESSES) --dist loadgroup --no-loadscope-reorder $(ON_LOCAL_AWS)

test-simulated: setup  ## the tests that draw days by chance: simulation, state machine
	nice $(PYTEST) $(SIMULATED)

test-explored: setup  ## the tests that search every order of events: explorer, matrix, mutations
	nice $(PYTEST) $(EXPLORED)

test-rules: setup  ## every other test, and whether each error handler ran
	nice $(PYTEST) -n $(RULES_PROCESSES) --dist loadfile --handlers tests $(addprefix --ignore=,$(ON_LOCAL_AWS) $(SIMULATED) $(EXPLORED))

test-full: setup  ## run the tests, and draw all that they draw by chance: four times as much (the workflow `nightly`)
	PREHEAT_TESTS=full $(MAKE) --no-print-directory test

slowest: setup  ## print the twenty slowest tests by processor and clock (TESTS=tests/days)
	$(PYTEST) --slowest 20 $(TESTS)

# The library of holidays follows the environment's language unless it is told one. An import names no holiday: one
# language other than English is enough for its tests.
test-locales: setup  ## run the tests of calendars and plant files under three languages of the environment
	for language in en_US.UTF-8 C.UTF-8 de_DE.UTF-8; do \
	  [ $$language = de_DE.UTF-8 ] && less= || less=--ignore=tests/tools/preheat_plantfile/importing; \
	  LANG=$$language LC_ALL=$$language LANGUAGE=$$language nice $(PYTEST) $$less tests/tools/preheat_plantfile tests/tools/preheat_cli/test_windows_and_plan.py || exit 1; \
	done

check: setup .venv-docs/ready  ## say yes or no: format, lint, types, import contracts, prose, site, template, tests
	.venv/bin/ruff format --check $(PYTHON_CODE)
	.venv/bin/ruff check $(PYTHON_CODE)
	.venv/bin/mypy $(PYTHON_CODE)
	.venv/bin/lint-imports --no-cache
	$(LAB) prose
	$(LAB) site
	$(SAM) validate --lint
	@$(MAKE) --no-print-directory test

security: setup .venv-security/ready .venv-checkov/ready  ## check the 23 points of security (NETWORKED=1 asks for known vulnerabilities too)
	$(LAB) security $(if $(NETWORKED),--networked)

site: setup .venv-docs/ready  ## build the documentation site into .cache/site/html
	$(LAB) site

build: setup  ## build the functions and layers into .aws-sam
	$(SAM) build

wheel: setup  ## build the wheel of the command into dist/
	$(UV) build -q --wheel --no-build-isolation --python .venv/bin/python --out-dir dist .

package: build  ## upload code and layers to a bucket (BUCKET=), and write dist/packaged.yaml
	@mkdir -p dist
	$(SAM) package --s3-bucket $(BUCKET) --s3-prefix preheat --output-template-file dist/packaged.yaml

publish:  ## publish dist/packaged.yaml in the Serverless Application Repository
	$(SAM) publish --template dist/packaged.yaml

demo: setup  ## show a shift on the local AWS, from its plan to its bill
	.venv/bin/preheat demo

lab: setup  ## list the programs that prove and measure: .venv/bin/python -m preheat_lab NAME
	@$(LAB) --help

chaos: setup  ## faults on the local AWS: a scripted hour in compressed time (SEED=1)
	$(LAB) chaos --seed $(or $(SEED),1)

verify-service-model: setup  ## compare our service model with the last botocore that carried it
	$(LAB) verify-service-model

soak: setup  ## simulate 100,000 shifts under every fault (SHIFTS=, FIRST_SEED=, REQUESTS=); seed ranges add up
	$(LAB) soak --shifts $(or $(SHIFTS),100000) --first-seed $(or $(FIRST_SEED),1) $(if $(REQUESTS),--requests $(REQUESTS))

schedules: setup  ## compare the schedule engine with the slow reference on 100,000 random schedules (SCHEDULES=)
	$(LAB) fuzz-schedules --schedules $(or $(SCHEDULES),100000)

rules: setup  ## compare recurrence rules with three evaluators on 100,000 random rules (RULES=, FIRST_SEED=)
	$(LAB) rules --rules $(or $(RULES),100000) --first-seed $(or $(FIRST_SEED),1)

bench: setup .venv-peers/ready  ## measure the engine beside croniter and dateutil, and cold starts beside their libraries
	$(LAB) benchmark --peers
	$(LAB) benchmark-cold-start

benchmark: setup  ## measure the schedule engine and the plant file's reader on this machine
	$(LAB) benchmark

explore: setup  ## search every order of events: 57 scenarios, hours (FIRST=41 LAST=55 for some)
	$(LAB) explore --deep --first $(or $(FIRST),1) $(if $(LAST),--last $(LAST))

mutants: setup  ## break one rule of the protocol at a time, and see which harness notices (minutes)
	$(LAB) mutants

matrix: setup  ## print at which status and phase each fault was met by explorer and simulation
	$(LAB) matrix

branches: setup  ## count the branches inside error handlers that the tests take (minutes)
	$(LAB) handler-branches

statemachine: setup  ## any order of events against the reference model (EXAMPLES=50000 STEPS=100 FIRST_SEED=1)
	$(LAB) statemachine --examples $(or $(EXAMPLES),50000) --steps $(or $(STEPS),100) --first-seed $(or $(FIRST_SEED),1)

requests-fuzz: setup  ## send 100,000 generated request messages to the desk (REQUEST_BODIES=, REQUEST_BODIES_FIRST=)
	$(LAB) fuzz-requests --messages $(or $(REQUEST_BODIES),100000) $(if $(REQUEST_BODIES_FIRST),--first $(REQUEST_BODIES_FIRST))

costs: setup  ## compute what Preheat itself costs a month: calls measured in a simulated week, at list prices
	$(LAB) costs

diagram: setup  ## print the transition diagram for ARCHITECTURE.md
	@.venv/bin/python -c 'from preheat.domain.record.lifecycle import draw_mermaid; print(draw_mermaid())'

clean:  ## stop the local AWS and remove what was built; the environments stay
	@if [ -x .venv/bin/python ] && [ -d .preheat ]; then .venv/bin/python -c 'from preheat_local import down; down()'; fi
	rm -rf .preheat .aws-sam .cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find functions layers tools tests -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

.PHONY: $(shell sed -nE 's/^([a-z-]+):.*\#\#.*/\1/p' $(MAKEFILE_LIST))
