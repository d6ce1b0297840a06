/**
 * The scheduler's pure cycle, in memory: deciding and assuming, without queue, API server and binding, and the
 * same pods asked about by what-if. Rates are by processor time, so that other work on the machine does not count. `--nodes=N --pods=N --only=basic`.
 */
import { parseArgs } from 'node:util'
import { benchCycle, benchWhatIf, cycleWorkloads } from '../../agents/control-plane/scheduler/testing/cycle-bench.ts'
import { renderTable } from './process-figures.ts'

export function benchSchedulingCycle(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { nodes: { type: 'string', default: '5000' }, pods: { type: 'string', default: '2000' }, existing: { type: 'string', default: '1000' }, only: { type: 'string', default: '' } } })
  const options = { nodes: Number(values.nodes), existing: Number(values.existing), measured: Number(values.pods), now: () => performance.now(), used: threadMs }
  const rows = cycleWorkloads.filter(({ name }) => name.startsWith(values.only)).map(workload => {
    const { podsPerSecond, p99Ms, pods, unplaced } = benchCycle(workload, options)
    return [workload.name, unplaced === 0 ? String(pods) : `${pods - unplaced} of ${pods}`, podsPerSecond.toFixed(0), `${p99Ms.toFixed(2)} ms`, benchWhatIf(workload, options).toFixed(0), workload.name === 'basic' ? '≥ 5000/s' : '']
  })
  process.stdout.write(`${values.nodes} nodes in memory, by processor time\n${renderTable(['workload', 'pods', 'pods/s', 'p99', 'what-if pods/s', 'target'], rows)}\n`)
  return Promise.resolve()
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
