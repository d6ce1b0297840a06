/** Checkpoints of the chosen lab, followed as long as the room is open, and what can be done with them. */
import { type ShallowRef, shallowRef, watch } from 'vue'
import type { CheckpointList, CheckpointSettings } from '../../electron/contract/checkpoints.ts'
import type { Known } from '../lib/known.ts'
import { type Heard, useFollowed } from './followed.ts'
import { useLabsStore } from './labs.ts'

export interface Checkpoints {
  readonly known: ShallowRef<Known<CheckpointList>>
  readonly settings: ShallowRef<CheckpointSettings | null>
  /** What Verify found, by name: the problem, or null where every file is as it was saved. */
  readonly verified: ShallowRef<ReadonlyMap<string, string | null>>
  isAsked(what: string): boolean
  save(name: string | null, title: string): Promise<void>
  rewind(name: string, title: string): Promise<void>
  branch(name: string, as: string, title: string): Promise<void>
  remove(name: string): Promise<void>
  verify(name: string): Promise<void>
  change(change: Partial<CheckpointSettings>): Promise<void>
}

export function useCheckpoints(): Checkpoints {
  const labs = useLabsStore()
  const known = useFollowed('checkpoints/state', () => ({}), (item): Heard<CheckpointList> => ({ value: item }))
  const settings = shallowRef<CheckpointSettings | null>(null)
  const verified = shallowRef<ReadonlyMap<string, string | null>>(new Map())
  const labName = (): string | undefined => labs.lab?.spec.name

  async function begin(call: 'checkpoints/save' | 'checkpoints/rewind' | 'checkpoints/branch', about: string, given: object, title: string): Promise<void> {
    const lab = labName()
    const reply = lab === undefined ? undefined : await labs.ask(call, { lab, ...given } as never, about)
    if (reply !== undefined) labs.followAction(reply.action, title)
  }

  async function change(changed: Partial<CheckpointSettings>): Promise<void> {
    const lab = labName()
    const reply = lab === undefined ? undefined : await labs.ask('checkpoints/settings', { lab, change: changed }, 'checkpoints/settings')
    if (reply !== undefined && lab === labName()) settings.value = reply
  }

  watch(labName, () => {
    settings.value = null
    verified.value = new Map()
    void change({})
  }, { immediate: true })

  return {
    known, settings, verified, change,
    isAsked: what => labs.asked.has(what),
    save: (name, title) => begin('checkpoints/save', 'checkpoints/save', { name }, title),
    rewind: (name, title) => begin('checkpoints/rewind', `rewind ${name}`, { name }, title),
    branch: (name, as, title) => begin('checkpoints/branch', `branch ${name}`, { name, as }, title),
    async remove(name) {
      const lab = labName()
      if (lab !== undefined) await labs.ask('checkpoints/delete', { lab, name }, `delete ${name}`)
    },
    async verify(name) {
      const lab = labName()
      const reply = lab === undefined ? undefined : await labs.ask('checkpoints/verify', { lab, name }, `verify ${name}`)
      if (reply !== undefined) verified.value = new Map(verified.value).set(name, reply.problem)
    },
  }
}
