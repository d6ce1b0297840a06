/** Which faults are in effect together when the lab host is killed: as many as hold nothing that another one of the group holds. */
import type { FaultTarget } from '../../../electron/contract/faults.ts'
import { faults } from '../../../electron/labhost/drills/fault-kinds.ts'
import type { FaultRow, FaultRows } from './fault-row.ts'

type Rows = readonly (readonly [string, readonly [string, FaultRow]])[]

/** While they last the lab host can hardly inject others: each is the last one of its group. */
const lonely = new Set(['store-disk-failed', 'store-disk-stuck', 'store-no-space', 'store-watch-withheld', 'api-certificate-expired', 'api-certificate-untrusted', 'api-certificate-wrong-name', 'api-credential-revoked', 'control-link-cut', 'machine-pause', 'machine-power-off', 'node-agent-stop', 'cloud-instance-gone'])

/** Rows whose faults last, each in one group; the first group has nearly all of them. */
export function killedTogether(rows: FaultRows): readonly FaultRows[] {
  const groups: { readonly claimed: Set<string>; readonly rows: Rows[number][]; last: Rows[number] | undefined }[] = []
  for (const [name, row] of Object.entries(rows)) {
    const { kind, claims } = faults.find(fault => fault.kind.name === name)!
    if (!kind.lasts) continue
    const claimed = row[0] === '' ? [] : claims(targetOf(kind.target, row[0]) as never)
    const isLonely = lonely.has(name)
    let group = groups.find(one => claimed.every(claim => !one.claimed.has(claim)) && !(isLonely && one.last !== undefined))
    if (group === undefined) groups.push((group = { claimed: new Set(), rows: [], last: undefined }))
    for (const claim of claimed) group.claimed.add(claim)
    if (isLonely) group.last = [name, row]
    else group.rows.push([name, row])
  }
  return groups.map(group => Object.fromEntries(group.last === undefined ? group.rows : [...group.rows, group.last]))
}

function targetOf(type: FaultTarget['type'], target: string): FaultTarget {
  const parts = target.split(/[/:]/)
  switch (type) {
    case 'component':
    case 'node':
      return { type, name: target }
    case 'object':
      return { type, namespace: parts.length === 1 ? '' : parts[0]!, name: parts.at(-1)! }
    case 'link':
      return { type, from: parts[0]!, to: parts[1]!, bothWays: false }
  }
}
