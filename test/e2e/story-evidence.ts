/** What a story says, in the form in which the audit log, the store's history and the runtime's log say it. */
import type { Story, StoryStep } from '../../electron/contract/stories.ts'
import { parseAuditLog } from '../../electron/labhost/traces/audit-records.ts'
import { objectId } from '../../electron/labhost/traces/story/story-input.ts'

/** The audit log tells whole milliseconds, of when a request was received; its span begins a little later. */
const clockGrainMs = 50

/** From where it began to the step, along the first cause of each. */
export function pathTo({ steps }: Story, id: string): readonly StoryStep[] {
  const byId = new Map(steps.map(step => [step.id, step]))
  const path: StoryStep[] = []
  for (let step = byId.get(id); step !== undefined; step = byId.get(step.causes[0] ?? '')) path.unshift(step)
  return path
}

/** The seeds' deployment flow: who asked, what was stored, who worked. */
export function milestones(path: readonly StoryStep[]): readonly string[] {
  return path.flatMap(({ lane, why, details }): string[] => {
    if (why.key === 'clientAsks') return [`${why.words['agent']} ${why.words['verb']} ${(why.words['what'] ?? '').replace(/\/default\/[\w-]+/, '')}`]
    if (why.key === 'stored' || lane === 'kubelet' || lane === 'scheduler') return [lane]
    if (lane === 'reconcile') return [why.words['controller'] ?? '']
    return lane === 'runtime' ? [details['rpc.method'] ?? ''] : []
  })
}

export function countLane(path: readonly StoryStep[], lane: StoryStep['lane']): number {
  return path.filter(step => step.lane === lane).length
}

/** Requests for the story's objects; others are told only because they led to something. */
export function requestsOf({ steps, objects }: Story): readonly string[] {
  const ids = new Set(objects.map(({ id }) => id))
  return steps.flatMap(({ details, object }) => (ids.has(object ?? '') ? (details['audit_id'] ?? []) : [])).sort()
}

/** Changes of the story's objects since the first of them was asked for. Names that were generated are not in the log's reference. */
export function auditedChanges(log: string, { objects, steps }: Story): readonly string[] {
  const ids = new Set(objects.map(({ id }) => id))
  const since = steps[0]!.startMs - clockGrainMs
  const generated = new Set(steps.filter(({ why }) => why.key === 'clientAsks' && why.words['verb'] === 'create').map(({ details }) => details['audit_id']))
  return parseAuditLog(log).filter(record => record.atMs >= since && (ids.has(objectId(record)) || (record.name === '' && generated.has(record.auditId)))).map(({ auditId }) => auditId).sort()
}

export function writtenRevisions({ steps }: Story, object: string): readonly number[] {
  return [...new Set(steps.flatMap(({ wrote }) => (wrote?.object === object ? [wrote.revision] : [])))].sort((a, b) => a - b)
}

/** Of the store's history of a key (`kubarium inspect etcd history/… -o json`), from the first revision on. */
export function storedRevisions(history: string, first: number): readonly number[] {
  return (JSON.parse(history) as readonly { readonly revision: string }[]).map(({ revision }) => Number(revision)).filter(revision => revision >= first).sort((a, b) => a - b)
}

/** "replicasets.apps/default/web" is kept at "/registry/replicasets/default/web". */
export function storeKey(object: string): string {
  return `/registry/${object.replace(/^([a-z]+)[^/]*/, '$1')}`
}

export function containerStarts({ steps }: Story): readonly { readonly node: string | null; readonly container: string }[] {
  return steps.filter(({ details, error }) => details['rpc.method'] === 'StartContainer' && error === null).map(({ node, details }) => ({ node, container: details['cri.container_id'] ?? '' }))
}
