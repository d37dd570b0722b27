# One line each around ./carousel, for hands used to make. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help demo test check page screenshots
BIN := $(if $(CAROUSEL_VENV),$(CAROUSEL_VENV),.venv)/bin

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## set everything up and run it; Ctrl-C stops it
	@./carousel demo

# Three processes share the machine: if each calculated on all of its cores, all would be slower.
test: export OPENBLAS_NUM_THREADS = 1
test: export OMP_NUM_THREADS = 1
test: check page ## set everything up and run every check and every test
	$(BIN)/pytest -n 3 --no-loadscope-reorder
	./carousel check-page

check: ## style, types and import rules, without the tests
	@./carousel setup --dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

page: ## build the page into web/dist
	@./carousel build-page

screenshots: page ## take docs/screenshots anew in a real browser
	@./carousel setup --dev
	$(BIN)/python -m benchmarks.page_pictures docs/screenshots
