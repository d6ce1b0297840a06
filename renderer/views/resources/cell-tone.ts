/** Cells of the server's tables that are states, and how they are meant: as kubectl's readers know them. */
import type { Tone } from '../../lib/tone.ts'

const states = new Set(['Status', 'Phase', 'Condition'])
const good = /^(Running|Ready|Active|Bound|Available|Completed|Succeeded|Approved|Approved,Issued|True|Complete)$/
const bad = /(Error|BackOff|Failed|Evicted|OOM|NotReady|Lost|Invalid|Denied|Unknown|False)/

/** Null for a cell that is no state. */
export function cellTone(column: string, text: string): Tone | null {
  if (text === '' || text === '<none>') return null
  const ready = column === 'Ready' ? /^(\d+)\/(\d+)$/.exec(text) : null
  if (ready !== null) return ready[1] === ready[2] ? null : 'busy'
  if (!states.has(column)) return null
  return good.test(text) ? 'good' : bad.test(text) ? 'bad' : 'busy'
}
