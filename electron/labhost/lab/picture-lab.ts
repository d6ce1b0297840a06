/** A running lab as it is now, to be compared with another: its objects, its events, and what the components of its desktop count. */
import type { LabPicture } from '../cluster/compare-labs.ts'
import { isCompared } from '../cluster/compare-labs.ts'
import type { ApiClient, ApiObject } from '../cluster/api-client.ts'
import { readKinds } from '../cluster/read-kinds.ts'
import { resourcePath } from '../cluster/resource-path.ts'
import { metricsOf } from './component-actions.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { readMetricText } from './metric-text.ts'

export async function pictureLab(lab: Lab): Promise<LabPicture> {
  const { client } = lab
  if (client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
  const kinds = (await readKinds(client)).filter(kind => isCompared(kind))
  const listed = await Promise.all(kinds.map(async kind => ({ kind, objects: await list(client, resourcePath(kind, null)) })))
  return { kinds: listed, events: await list(client, '/api/v1/events'), counts: await countsOf(lab) }
}

/** A kind that cannot be listed, as one of an extension server that is away, has no objects here. */
async function list(client: ApiClient, path: string): Promise<readonly ApiObject[]> {
  const reply = await client.ask('GET', path)
  return reply.code === 200 ? ((reply.body as { readonly items?: readonly ApiObject[] }).items ?? []) : []
}

async function countsOf(lab: Lab): Promise<LabPicture['counts']> {
  const names = lab.state.components.filter(({ node, phase }) => node === null && phase === 'ready').map(({ name }) => name)
  const counts = await Promise.all(names.map(async name => {
    const text = await metricsOf(lab, name).catch(() => '') // one that does not answer counts nothing
    const sums: Record<string, number> = {}
    const { families } = readMetricText(text, new Set())
    for (const { family, part, value } of readMetricText(text, new Set(families.map(one => one.name))).samples) if (part !== 'sum') sums[family] = (sums[family] ?? 0) + value
    return [name, sums] as const
  }))
  return Object.fromEntries(counts)
}
