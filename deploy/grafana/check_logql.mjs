// Reads queries of Loki, a JSON list of texts on standard input, and writes those that do not
// parse, each with the place of its first error. The grammar is the one of Grafana's own editor.
// Run by tests/deploy/test_dashboards.py with the node_modules of web/.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const from = createRequire(resolve(process.argv[2], 'package.json'))
const { parser } = await import(pathToFileURL(from.resolve('@grafana/lezer-logql')))

const wrong = []
for (const query of JSON.parse(readFileSync(0, 'utf8'))) {
  let at = null
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError && at === null) at = node.from
    },
  })
  if (at !== null) wrong.push({ query, at })
}
process.stdout.write(JSON.stringify(wrong))
