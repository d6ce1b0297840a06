/** `npm run bench [-- NAME …]`: measures and prints; the first word says what. */
import { cpus, totalmem } from 'node:os'
import { benchLab } from './lab-bench.ts'

const [first, ...rest] = process.argv.slice(2)
const name = first === undefined || first.startsWith('-') ? 'lab' : first
const given = name === first ? rest : process.argv.slice(2)

process.stdout.write(`machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}\n\n`)
if (name === 'lab') await benchLab(given)
else {
  process.stderr.write(`there is no benchmark "${name}"; there is: lab\n`)
  process.exit(2)
}
