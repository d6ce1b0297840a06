/** The contract's calls and feeds about checkpoints. */
import { isAbsolute } from 'node:path'
import type { CheckpointCalls, CheckpointFeeds, CheckpointSettings } from '../../contract/checkpoints.ts'
import type { CallTable, FeedTable } from '../gateway/contract-service.ts'
import { anything, nullable, readArguments, text } from './arguments.ts'
import { LabError } from './lab-error.ts'
import type { LabHost } from './lab-host.ts'

const named = { lab: text, name: text }
const mostKept = 1_000

export function checkpointCalls(host: LabHost): { readonly calls: Pick<CallTable, keyof CheckpointCalls>; readonly feeds: Pick<FeedTable, keyof CheckpointFeeds> } {
  const of = (lab: string) => host.lab(lab).checkpoints
  return {
    calls: {
      'checkpoints/list': given => of(readArguments(given, { lab: text }).lab).list(),
      'checkpoints/save': async given => {
        const { lab, name } = readArguments(given, { lab: text, name: nullable(text) })
        const chosen = name ?? await of(lab).newName()
        return { name: chosen, action: host.run(of(lab).save(chosen)).id }
      },
      'checkpoints/rewind': given => {
        const { lab, name } = readArguments(given, named)
        return { action: host.run(of(lab).rewind(name)).id }
      },
      'checkpoints/branch': given => {
        const { lab, name, as } = readArguments(given, { ...named, as: text })
        return { action: host.branch(lab, name, as).id }
      },
      'checkpoints/golden': given => ({ action: host.run(host.lab(readArguments(given, { lab: text }).lab).becomeGolden()).id }),
      'checkpoints/delete': async given => {
        const { lab, name } = readArguments(given, named)
        return { freedBytes: await of(lab).delete(name) }
      },
      'checkpoints/verify': async given => {
        const { lab, name } = readArguments(given, named)
        return { problem: await of(lab).verify(name) }
      },
      'checkpoints/export': given => {
        const { lab, name, file } = readArguments(given, { ...named, file: text })
        return { action: host.run(of(lab).export(name, requireAbsolute(file))).id }
      },
      'checkpoints/import': given => {
        const { lab, file, name } = readArguments(given, { lab: text, file: text, name: nullable(text) })
        return { action: host.importCheckpoint(lab, requireAbsolute(file), name).id }
      },
      'checkpoints/settings': given => {
        const { lab, change } = readArguments(given, { lab: text, change: anything })
        return of(lab).change(readSettings(change))
      },
    },
    feeds: { 'checkpoints/state': (given, signal) => of(readArguments(given, { lab: text }).lab).follow(signal) },
  }
}

function requireAbsolute(file: string): string {
  if (isAbsolute(file)) return file
  throw new LabError('invalid-argument', `${file} is not an absolute path`)
}

function readSettings(given: unknown): Partial<CheckpointSettings> {
  const change = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>
  const readers: Readonly<Record<keyof CheckpointSettings, (value: unknown) => boolean>> = {
    beforeDrills: value => typeof value === 'boolean',
    keepAutomatic: value => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostKept,
  }
  for (const [name, value] of Object.entries(change)) {
    const isGood = (readers as Readonly<Record<string, ((value: unknown) => boolean) | undefined>>)[name]
    if (isGood === undefined) throw new LabError('invalid-argument', `"${name}" is not a setting of checkpoints; those there are: ${Object.keys(readers).join(', ')}`)
    if (!isGood(value)) throw new LabError('invalid-argument', `${JSON.stringify(value)} is not a value of ${name}`)
  }
  return change
}
