/** `npm run bench [-- NAME …]`: measures and prints; the first word says what. */
import { cpus, totalmem } from 'node:os'
import { benchApiServer } from './apiserver-bench.ts'
import { Belongings } from './belongings.ts'
import { benchControllers } from './controllers-bench.ts'
import { benchSchedulingCycle } from './cycle-bench.ts'
import { benchFaults } from './faults-bench.ts'
import { benchGui } from './gui-bench.ts'
import { unlessInterrupted } from './interruption.ts'
import { benchLab } from './lab-bench.ts'
import { benchScheduler } from './scheduler-bench.ts'
import { benchSimulatedNodes } from './simulated-nodes-bench.ts'
import { benchSwitch } from './switch-bench.ts'

const [first, ...rest] = process.argv.slice(2)
const name = first === undefined || first.startsWith('-') ? 'lab' : first
const given = name === first ? rest : process.argv.slice(2)

process.stdout.write(`machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}\n\n`)
const benchmarks: Readonly<Record<string, (argv: readonly string[], belongings: Belongings) => Promise<void>>> = { 'lab': benchLab, 'apiserver': benchApiServer, 'simulated-nodes': benchSimulatedNodes, 'scheduler': benchScheduler, 'cycle': benchSchedulingCycle, 'controllers': benchControllers, 'switch': benchSwitch, 'faults': benchFaults, 'gui': benchGui }
const chosen = benchmarks[name]
if (chosen === undefined) {
  process.stderr.write(`there is no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(', ')}\n`)
  process.exit(2)
}
const belongings = new Belongings()
let status = 0
const fail = (error: unknown) => {
  process.stderr.write(`the benchmark "${name}" failed: ${error instanceof Error ? error.message : String(error)}\n`)
  status = 1
}
await unlessInterrupted(chosen(given, belongings)).catch(fail)
await belongings[Symbol.asyncDispose]().catch(fail)
process.exit(status) // whatever interrupted work still waits for
