/** Nodes, pods, Services and routers by their addresses, out of the lab's state and the server's tables. Pure. */
import type { RouterState } from '../../../electron/contract/links.ts'
import type { TableColumn, TableRow } from '../../../electron/contract/resources.ts'

export interface NodePlace {
  readonly name: string
  /** That it is on. */
  readonly network: string
}

export interface RouterPlace {
  readonly name: string
  readonly networks: readonly string[]
  /** Its addresses. */
  readonly text: string
}

export interface PodPlace {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly node: string
  readonly ip: string
  readonly status: string
}

export interface ServicePlace {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly ip: string
  readonly ports: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' }[]
}

interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
}

function reader({ columns }: Table): (row: TableRow, column: string) => string {
  const at = new Map(columns.map(({ name }, index) => [name, index]))
  return (row, column) => String(row.cells[at.get(column) ?? -1] ?? '')
}

export function podsOf(table: Table | null): readonly PodPlace[] {
  if (table === null) return []
  const cell = reader(table)
  return table.rows.map(row => ({ id: `${row.namespace}/${row.name}`, namespace: row.namespace, name: row.name, node: cell(row, 'Node'), ip: cell(row, 'IP'), status: cell(row, 'Status') }))
}

/** Headless Services have no address of their own and are left out. */
export function servicesOf(table: Table | null): readonly ServicePlace[] {
  if (table === null) return []
  const cell = reader(table)
  return table.rows.map(row => ({
    id: `${row.namespace}/${row.name}`, namespace: row.namespace, name: row.name, ip: cell(row, 'Cluster-IP'),
    ports: [...cell(row, 'Port(s)').matchAll(/(\d+)(?::\d+)?\/(TCP|UDP)/g)].map(([, port, protocol]) => ({ port: Number(port), protocol: protocol as 'TCP' | 'UDP' })),
  })).filter(({ ip }) => /^\d/.test(ip))
}

export function routersOf(routers: readonly RouterState[]): readonly RouterPlace[] {
  return routers.map(({ name, interfaces }) => ({ name, networks: interfaces.map(({ network }) => network), text: interfaces.map(({ network, address }) => `${network} ${address}`).join(' · ') }))
}
