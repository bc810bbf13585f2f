# Needs nothing but npm and a Node of version 20 or later; a newer Node for the project itself comes with `npm ci`.
.PHONY: pipeline-run test
pipeline-run: node_modules/.package-lock.json
	npm start
test: node_modules/.package-lock.json
	npm test
node_modules/.package-lock.json: package-lock.json
	npm ci
